// The log of the whole product, at its lowest level, while people send personal data in every place that a request has.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../../src/app.js';
import { serve } from '../../src/server/serve.js';
import { testDatabase } from '../support/database.js';
import { recordedLog } from '../support/http-server.js';
import { client, testConfig } from '../support/server.js';

const email = 'ivan.petrov@example.com';
const secret = 'hunter2-hunter2';
const person = { login: email, name: 'Ivan Petrov', password: secret, role: 'VIEWER' };
const imei = '356735111052198';
const planted = /ivan|petrov|example\.com|hunter2|203\.0\.113|sb_(at|rt|live)_|35673511/i;

it('carries nothing of it', async () => {
  const { log, text } = recordedLog();
  const database = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'switchboard-'));
  const settings = {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ADMIN_PASSWORD: secret,
    TRUSTED_PROXIES: '127.0.0.1/32',
  };
  const app = await App.create({ config: testConfig(settings), log });
  const service = await serve(app);
  await app.prepare(AbortSignal.timeout(20_000));

  const headers = {
    'x-forwarded-for': '203.0.113.77',
    'user-agent': email,
    referer: `http://x/${email}`,
    cookie: secret,
  };
  const post = async (path: string, body: unknown, token?: string) => {
    // Where they are not known they are refused, which one of the requests below sees.
    const query = path.startsWith('/api/v1/') ? '' : `?email=${email}&password=${secret}`;
    const answer = await client(service.url, token, headers).fetch(`${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `${email}-${path}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, text };
  };
  const signIn = (username: string, password: string) =>
    post('/oauth/token', { grant_type: 'password', username, password });
  const { access_token: admin, refresh_token: refresh } = JSON.parse((await signIn('admin', secret)).text) as Record<
    string,
    string
  >;

  const upload = async (path: string, name: string) => {
    const body = new FormData();
    body.append('file', new Blob([`phone,name\n79001234567,${email}\n${email},x\n`]), name);
    const answer = await client(service.url, admin, headers).fetch(path, { method: 'POST', body });
    return { status: answer.status };
  };

  const statuses = [
    await upload('/api/v1/clients/import', `${email}.csv`),
    await upload('/api/v1/suppressions/import', `${imei}.csv`),
    await signIn(email, secret),
    await signIn('admin', `${secret}${email}`),
    await post('/api/v1/users', person, admin),
    await post(`/api/v1/users?email=${email}&${secret}=${secret}`, person, admin),
    await post('/api/v1/users', { ...person, name: email }, admin),
    await post('/api/v1/users', { ...person, login: `${email} ${secret}`, [email]: secret, role: secret }, admin),
    await post('/api/v1/tokens', { name: email, scopes: [secret] }, admin),
    await post('/api/v1/tokens', { name: email, scopes: ['READ'] }, admin),
    await post(`/api/v1/tokens/${email}`, {}, admin),
    await post(`/${email}`, {}, `sb_at_${secret}`),
    await post('/oauth/introspect', { token: email }, admin),
    await post('/oauth/revoke', { token: refresh }),
    await post('/graphql', { query: `mutation { signIn(login: "${email}", password: "${secret}") { accessToken } }` }),
    await post('/graphql', { query: 'query ($a: Int) { viewer { user { login } } }', variables: { a: email } }),
    await post('/graphql', { query: `{ ${secret.replaceAll('-', '_')} }` }),
    await post('/graphql', { query: `{ validateImei(imei: "${imei}") { imei } }` }),
    await post('/graphql', [email, secret]),
    await client(service.url, admin, headers).fetch(`/api/v1/imei/validate/${imei}`),
    await client(service.url, admin, headers).fetch(`/api/v1/imei/validate/${imei}%ff`),
  ].map(({ status }) => status);

  await service.drain({ graceMs: 1_000 });
  await app.close(1_000);
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });

  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  expect(statuses).toEqual(expect.arrayContaining([201, 400, 404, 409]));
  expect(text().split('\n').length).toBeGreaterThan(statuses.length);
  expect(
    text()
      .split('\n')
      .filter((line) => planted.test(line)),
  ).toEqual([]);
});
