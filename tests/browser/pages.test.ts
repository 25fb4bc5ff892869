// The pages as a person meets them, in Chromium: no error in the console, and what is offered can be done.
import { type Browser, chromium, type Page } from 'playwright-core';
import { startGateway } from '../support/gateway.js';
import { startImeiProvider } from '../support/imei-provider.js';
import { describeWithPeer, peerProgram } from '../support/peers.js';
import { type TestServer, testServer } from '../support/server.js';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describeWithPeer('chromium', 'pages', () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await testServer({ NODE_ENV: 'development', ADMIN_LOGIN: 'admin' });
    browser = await chromium.launch({ executablePath: peerProgram('chromium'), args: flags });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  beforeEach(async () => {
    complaints.length = 0;
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  it('/ leads to the others', async () => {
    await page.goto(server.url);
    const links = await page.locator('a').evaluateAll((found) => found.map((link) => link.getAttribute('href')));
    expect(links).toEqual(expect.arrayContaining(['/graphql', '/docs/']));
    for (const link of links)
      expect((await page.request.get(`${server.url}${link}`, { headers: { accept: 'text/html' } })).status()).toBe(200);
  });

  it('/graphql runs a query', async () => {
    await page.goto(`${server.url}/graphql`);
    await page.locator('.graphiql-query-editor .CodeMirror').waitFor();
    await page.evaluate(() => {
      const editor = document.querySelector('.graphiql-query-editor .CodeMirror') as unknown as {
        CodeMirror: { setValue(text: string): void };
      };
      editor.CodeMirror.setValue('{ errorCodes { code } }');
    });
    // It looks at what was typed after a while; before that it offers the operations that were there.
    await page.waitForTimeout(1_000);
    await page.locator('.graphiql-execute-button').click();
    await page.locator('.result-window', { hasText: 'UPSTREAM_FAILED' }).waitFor({ timeout: 10_000 });
  });

  it('/docs/ signs in and tries a call', async () => {
    await page.goto(`${server.url}/docs/`);
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.locator('#oauth_username').fill('admin');
    await page.locator('#oauth_password').fill('correct horse battery');
    await page.locator('.modal-btn.authorize').first().click();
    await page.getByText('Authorized', { exact: true }).first().waitFor({ timeout: 10_000 });
    await page.locator('.btn-done').first().click();
    await page.locator('#operations-Access-listUsers .opblock-summary').click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page
      .locator('.live-responses-table .response-col_status', { hasText: '200' })
      .first()
      .waitFor({ timeout: 10_000 });
  });

  it("the simulated gateway's page shows what arrives and switches the mood", async () => {
    const gateway = await startGateway();
    const body = JSON.stringify({ id: 4711, phone: 70001234567, text: 'привет' });
    const send = () => fetch(`${gateway.url}/v1/send/4711`, { method: 'POST', body });
    await page.goto(gateway.world);
    await page.locator('#mood', { hasText: 'Всё хорошо' }).waitFor();
    await send();
    await page.locator('#recent tr', { hasText: '4711' }).filter({ hasText: 'принято' }).waitFor({ timeout: 5_000 });
    await page.locator('#time').selectOption('60000');
    await page.getByRole('button', { name: 'Ошибка 500' }).click();
    await page.locator('#now', { hasText: 'Ошибки' }).filter({ hasText: 's left' }).waitFor({ timeout: 5_000 });
    expect((await send()).status).toBe(500);
    expect(await gateway.stats()).toMatchObject({ mood: { mode: '5xx', forMs: 60_000 }, total: 2 });
    await page.getByRole('button', { name: 'Обнулить' }).click();
    await page.locator('#total', { hasText: /^0$/ }).waitFor({ timeout: 5_000 });
    await page.goto('about:blank');
    await gateway.stop();
  });

  it("the simulated IMEI provider's page shows what is asked and charged, and switches the mood", async () => {
    const imei = await startImeiProvider();
    const body = JSON.stringify({ deviceId: '356735111052198', serviceId: 1 });
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };
    const check = () => fetch(`${imei.url}/v1/checks`, { method: 'POST', headers, body });
    await page.goto(`${imei.world}/imei`);
    await page.locator('#mood', { hasText: 'Всё хорошо' }).waitFor();
    await check();
    await page
      .locator('#recent tr', { hasText: '35673511…98' })
      .filter({ hasText: 'найдено' })
      .waitFor({ timeout: 5_000 });
    await page.locator('#charged', { hasText: '$0.06' }).waitFor({ timeout: 5_000 });
    await page.locator('#time').selectOption('60000');
    await page.getByRole('button', { name: 'Списал, ответ 500' }).click();
    await page.locator('#now', { hasText: 'ответ теряется' }).filter({ hasText: 's left' }).waitFor({ timeout: 5_000 });
    expect(await page.locator('[aria-pressed=true]').allInnerTexts()).toEqual([expect.stringContaining('ответ 500')]);
    expect((await check()).status).toBe(500);
    expect(await imei.stats()).toMatchObject({ mood: { mode: 'lost', forMs: 60_000 }, charged: '0.12', paidAgain: 1 });
    await page.getByRole('button', { name: 'Обнулить' }).click();
    await page.locator('#balance', { hasText: '$1000.00' }).waitFor({ timeout: 5_000 });
    await page.goto('about:blank');
    await imei.stop();
  });
});
