// The public form: what somebody without scripts meets on it, from the empty page to the thanks.
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web', NODE_ENV: 'development' });
});
afterAll(() => server.close());

const post = (as: Client, values: Record<string, string>, headers: Record<string, string> = {}) =>
  as.fetch('/leads', { method: 'POST', body: new URLSearchParams(values), headers, redirect: 'manual' });

/** Beside which fields something is said, and what. */
const faultsOn = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<p class="fault" id="(\w+)-fault">([^<]+)</g)].map(([, field = '', text = '']) => [field, text]),
  );
const alertOn = (html: string): string | undefined => /role="alert">([^<]+)</.exec(html)?.[1];
const languageOf = (html: string): string | undefined => /<html lang="(\w+)">/.exec(html)?.[1];
const valueOn = (html: string, name: string): string | undefined =>
  new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(html)?.[1];

async function pageOf(answer: Response, status: number): Promise<string> {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
  const html = await answer.text();
  expect(html).not.toMatch(/<script|\son\w+=|https?:/);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; style-src 'sha256-");
  expect(policy).toContain("form-action 'self'");
  for (const header of ['set-cookie', 'access-control-allow-credentials'])
    expect([header, answer.headers.has(header)]).toEqual([header, false]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return html;
}

describe('/lead-form', () => {
  it.each(['/lead-form', '/lead-form/'])('%s is a form that posts to /leads', async (path) => {
    const html = await pageOf(await server.nobody.fetch(path), 200);
    expect(html).toContain('<form method="post" action="/leads"');
    for (const name of ['name', 'email', 'phone']) {
      expect(html).toContain(`<label for="${name}">`);
      expect(valueOn(html, name)).toBe('');
    }
    expect([alertOn(html), faultsOn(html)]).toEqual([undefined, {}]);
  });

  it('is in the language that the browser asks for, or that was chosen', async () => {
    const language = async (path: string, wanted: string) => {
      const answer = await server.nobody.fetch(path, { headers: { 'accept-language': wanted } });
      const html = await pageOf(answer, 200);
      expect(answer.headers.get('content-language')).toBe(languageOf(html));
      return languageOf(html);
    };
    for (const path of ['/lead-form', '/lead-form/thanks']) {
      expect(await language(path, 'ru-RU,ru;q=0.9,en;q=0.5')).toBe('ru');
      expect(await language(path, 'fr')).toBe('en');
      expect(await language(`${path}?lang=en`, 'ru')).toBe('en');
      expect(await language(`${path}?lang=ru`, 'en')).toBe('ru');
      expect(await language(`${path}?lang=x&lang=en`, 'ru')).toBe('ru');
    }
  });

  it('is linked from the first page', async () => {
    expect(await (await server.nobody.fetch('/')).text()).toContain('href="/lead-form"');
  });
});

describe('sent', () => {
  it('stores the lead and leads on to the thanks', async () => {
    const [address, person] = [newAddress(), newPerson()];
    const empty = await (await server.nobody.fetch('/lead-form?source=spring%22%3E')).text();
    expect(valueOn(empty, 'source')).toBe('spring&#34;&#62;');
    const answer = await post(stranger(server, address), { ...person, lang: 'ru', source: 'spring">' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/lead-form/thanks?lang=ru']);
    const thanks = await pageOf(await server.nobody.fetch(answer.headers.get('location') ?? ''), 200);
    expect(thanks).toContain('Спасибо!');
    const found = await server.admin.fetch(`/leads?email=${person.email}`);
    expect(await found.json()).toMatchObject({
      total: 1,
      items: [{ ...person, ip_address: address, source: 'spring">' }],
    });
  });

  it('is taken as multipart/form-data too, as fetch sends FormData: stored, back with its errors, without files', async () => {
    const [address, person] = [newAddress(), newPerson()];
    const formOf = (fields: Record<string, string | Blob>): FormData => {
      const data = new FormData();
      for (const [name, value] of Object.entries(fields)) data.append(name, value);
      return data;
    };
    const send = (fields: Record<string, string | Blob>, from?: string) =>
      stranger(server, from).fetch('/leads', { method: 'POST', body: formOf(fields), redirect: 'manual' });
    const answer = await send({ ...person, name: 'Анна "А"', lang: 'ru', source: 'spring' }, address);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/lead-form/thanks?lang=ru']);
    const found = await server.admin.fetch(`/leads?email=${person.email}`);
    expect(await found.json()).toMatchObject({
      items: [{ ...person, name: 'Анна "А"', ip_address: address, source: 'spring' }],
    });
    const html = await pageOf(await send({ name: 'Анна', email: 'anna@', phone: '12', lang: 'en' }), 422);
    expect(valueOn(html, 'name')).toBe('Анна');
    expect(Object.keys(faultsOn(html))).toEqual(['email', 'phone']);
    const withFile = await pageOf(await send({ ...newPerson(), name: new Blob(['x']) }), 415);
    expect(alertOn(withFile)).toMatch(/without files|без файлов/);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`field${n}`, '1']));
    expect((await send({ ...newPerson(), ...many })).status).toBe(413);
    expect((await send({ ...newPerson(), source: 'x'.repeat(300_000) })).status).toBe(413);
  });

  it('comes back with all errors beside their fields, and with what was written', async () => {
    const values = { name: ' ', email: 'anna@"><b>', phone: '12', lang: 'ru' };
    const html = await pageOf(await post(stranger(server), values, { 'accept-language': 'en' }), 422);
    expect(languageOf(html)).toBe('ru');
    expect(alertOn(html)).toBe('Проверьте отмеченные поля.');
    expect(faultsOn(html)).toEqual({
      name: 'Укажите имя.',
      email: 'Нужен адрес e-mail, например anna@example.com.',
      phone: 'Нужен номер телефона, например +7 900 123-45-67.',
    });
    expect(html).not.toContain('<b>');
    expect(valueOn(html, 'email')).toBe('anna@&#34;&#62;&#60;b&#62;');
    expect(valueOn(html, 'phone')).toBe('12');
    expect(html).toMatch(/id="name"[^>]*aria-describedby="name-fault"[^>]*aria-invalid="true"[^>]*autofocus/);
    expect(html.match(/autofocus/g)).toHaveLength(1);
    const english = await pageOf(await post(stranger(server), { ...newPerson(), phone: '' }), 422);
    expect([languageOf(english), faultsOn(english)]).toEqual(['en', { phone: 'Give a phone number.' }]);
  });

  it('says beside the field what is known already, and above the form that the address is', async () => {
    const [address, known] = [newAddress(), newPerson()];
    await post(stranger(server, address), known);
    const { email, phone } = known;
    const both = await pageOf(await post(stranger(server), { ...newPerson(), email, phone, lang: 'ru' }), 409);
    expect([alertOn(both), faultsOn(both)]).toEqual([
      'Проверьте отмеченные поля.',
      { email: 'Этот e-mail нам уже известен.', phone: 'Этот телефон нам уже известен.' },
    ]);
    const again = await pageOf(await post(stranger(server, address), { ...newPerson(), email, lang: 'en' }), 409);
    expect([alertOn(again), faultsOn(again)]).toEqual([
      'Somebody left their contacts from this IP address before.',
      { email: 'This e-mail address is known to us already.' },
    ]);
    expect(again).not.toContain(known.name);
  });

  it('says what else is in the way, and keeps what was written', async () => {
    const as = stranger(server);
    for (let i = 0; i < 10; i++) await post(as, {});
    const person = newPerson();
    const answer = await post(as, { ...person, lang: 'ru' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const limited = await pageOf(answer, 429);
    expect(alertOn(limited)).toMatch(/^Слишком много попыток\. Попробуйте снова через \d+ с\.$/);
    expect(['name', 'email', 'phone'].map((name) => valueOn(limited, name))).toEqual(Object.values(person));

    const { pool } = server.app.parts.database;
    Reflect.set(pool, 'query', () => Promise.reject(Object.assign(new Error('hidden'), { code: '57P01' })));
    const away = await post(stranger(server), person).finally(() => Reflect.deleteProperty(pool, 'query'));
    expect(away.headers.has('retry-after')).toBe(true);
    const html = await pageOf(away, 503);
    expect([alertOn(html), valueOn(html, 'email')]).toEqual([
      expect.stringContaining('Nothing was stored'),
      person.email,
    ]);

    const large = await pageOf(await post(stranger(server), { name: 'n'.repeat(300_000) }), 413);
    expect(alertOn(large)).toBe('Too much data; make it shorter.');
  });

  it.each([
    '',
    '=&=&&',
    'name',
    'name=a&name=b&email[]=c&phone=%ff%fe',
    '%',
    'name=%00&email=%00&phone=%00',
    '__proto__=1&lang[x]=ru',
  ])('answers with the form, whatever it is: %j', async (body) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const html = await pageOf(await stranger(server).fetch('/leads', { method: 'POST', headers, body }), 422);
    expect(faultsOn(html)).toMatchObject({ name: expect.any(String), email: expect.any(String) });
  });
});
