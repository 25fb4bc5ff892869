// The form for leads as a person meets it, in Chromium: on a telephone and on a desk, in both languages, without scripts.
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { newAddress, newPerson } from '../support/lead-doors.js';
import { describeWithPeer, peerProgram } from '../support/peers.js';
import { type TestServer, testServer } from '../support/server.js';

describeWithPeer('chromium', '/lead-form', () => {
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await testServer();
    browser = await chromium.launch({
      executablePath: peerProgram('chromium'),
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  async function open(locale: string, width: number): Promise<Page> {
    context = await browser.newContext({
      ...{ javaScriptEnabled: false, locale, viewport: { width, height: 800 } },
      extraHTTPHeaders: { 'x-forwarded-for': newAddress() },
    });
    const page = await context.newPage();
    // That a status is no success is what these pages are about.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    await page.goto(`${server.url}/lead-form`);
    return page;
  }

  it.each([
    { locale: 'ru-RU', width: 360, send: 'Отправить', fault: 'Укажите телефон.', thanks: 'Спасибо!' },
    { locale: 'en-GB', width: 1_280, send: 'Send', fault: 'Give a phone number.', thanks: 'Thank you!' },
  ])(
    'tells what is wrong, takes what is right, and thanks: $locale',
    async ({ locale, width, send, fault, thanks }) => {
      const [page, { name, email, phone }] = [await open(locale, width), newPerson()];
      await page.locator('#name').fill(name);
      await page.locator('#email').fill('somebody@');
      await page.getByRole('button', { name: send }).click();
      await page.locator('#phone-fault', { hasText: fault }).waitFor();
      expect(await page.locator('[role=alert]').isVisible()).toBe(true);
      expect(await page.locator('#name').inputValue()).toBe(name);
      expect(await page.locator('[aria-invalid]').count()).toBe(2);
      expect(await page.locator('#email:focus').count()).toBe(1);
      const { width: widest = 0 } = (await page.locator('form').boundingBox()) ?? {};
      expect(widest).toBeLessThanOrEqual(width);
      await page.locator('#email').fill(email);
      await page.locator('#phone').fill(phone);
      await page.getByRole('button', { name: send }).click();
      await page.getByRole('heading', { name: thanks }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/lead-form/thanks');
    },
  );

  it('speaks the other language when asked', async () => {
    const page = await open('ru-RU', 360);
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Leave your contacts' }).waitFor();
    // Chosen once, it stays.
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#name-fault', { hasText: 'Give a name.' }).waitFor();
  });
});
