// Who may use the Telegram bot: grants, requests, and links, over GraphQL and as the bot will call them.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { systemViewer } from '../../src/auth/viewer.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let telegram: Server;

beforeAll(async () => {
  telegram = createServer((request, response) => {
    const known = request.url === '/bot1:secret/getMe';
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        known ? { ok: true, result: { id: 1, is_bot: true, username: 'switchboard_bot' } } : { ok: false },
      ),
    );
  }).listen(0, '127.0.0.1');
  await once(telegram, 'listening');
  const { port } = telegram.address() as { port: number };
  server = await testServer({ TELEGRAM_TOKEN: '1:secret', TELEGRAM_API_ROOT: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  await server.close();
  telegram.close();
});

const asBot = () => systemViewer('bot-update');

describe('grants', () => {
  const grant = `mutation ($t: String!, $n: String, $d: Int, $e: DateTime) {
    grantTelegramAccess(telegramId: $t, note: $n, dailyLimit: $d, expiresAt: $e) { id telegramId note dailyLimit source username }
  }`;

  it('are given, replaced by a second one, listed newest first, and revoked', async () => {
    const first = await server.admin.graphql<{ grantTelegramAccess: { id: string } }>(grant, {
      t: '1001',
      n: 'new colleague',
      d: 5,
    });
    expect(first.data?.grantTelegramAccess).toMatchObject({
      telegramId: '1001',
      note: 'new colleague',
      dailyLimit: 5,
      source: 'ADMIN',
    });
    const second = await server.admin.graphql<{ grantTelegramAccess: { id: string } }>(grant, { t: '1001' });
    expect(second.data?.grantTelegramAccess).toMatchObject({
      id: first.data?.grantTelegramAccess.id,
      note: null,
      dailyLimit: null,
    });
    const list = await server.admin.graphql('{ telegramGrants(first: 1) { nodes { telegramId } totalCount } }');
    expect(list.data).toEqual({ telegramGrants: { nodes: [{ telegramId: '1001' }], totalCount: 1 } });
    const revoke = 'mutation ($id: ID!) { revokeTelegramAccess(id: $id) }';
    expect((await server.admin.graphql(revoke, { id: first.data?.grantTelegramAccess.id })).data).toEqual({
      revokeTelegramAccess: true,
    });
    expect(
      (await server.admin.graphql(revoke, { id: first.data?.grantTelegramAccess.id })).errors?.[0]?.extensions.code,
    ).toBe('NOT_FOUND');
  });

  it('want a numeric id, a limit above zero and a future', async () => {
    const { errors } = await server.admin.graphql(grant, { t: '@name', d: 0, e: '2020-01-01T00:00:00Z' });
    expect(errors?.[0]?.extensions.fields?.map(({ path }) => path).sort()).toEqual([
      'dailyLimit',
      'expiresAt',
      'telegramId',
    ]);
  });
});

describe('requests', () => {
  const resolve = 'mutation ($id: ID!, $g: Boolean!) { resolveTelegramAccessRequest(id: $id, grant: $g) }';
  const pending = async () => {
    const { data } = await server.admin.graphql<{ telegramAccessRequests: { id: string; telegramId: string }[] }>(
      '{ telegramAccessRequests { id telegramId username } }',
    );
    return data?.telegramAccessRequests ?? [];
  };

  it('wait for an answer, once for each account, and become a grant or nothing', async () => {
    for (const [id, name] of [
      ['2001', 'anna'],
      ['2001', 'anna'],
      ['2002', null],
    ] as const) {
      await server.app.unit(asBot(), ({ telegramAccess }) => telegramAccess.request(id, name));
    }
    const [anna, other] = await pending();
    expect([anna?.telegramId, other?.telegramId]).toEqual(['2001', '2002']);
    expect((await server.admin.graphql(resolve, { id: anna?.id, g: true })).data).toEqual({
      resolveTelegramAccessRequest: true,
    });
    expect((await server.admin.graphql(resolve, { id: other?.id, g: false })).data).toEqual({
      resolveTelegramAccessRequest: true,
    });
    expect(await pending()).toEqual([]);
    const { data } = await server.admin.graphql('{ telegramGrants { nodes { telegramId username source } } }');
    expect(data).toEqual({ telegramGrants: { nodes: [{ telegramId: '2001', username: 'anna', source: 'REQUEST' }] } });
    expect((await server.admin.graphql(resolve, { id: anna?.id, g: true })).errors?.[0]?.extensions.code).toBe(
      'NOT_FOUND',
    );
  });
});

describe('links', () => {
  it('open the bot with a code that works once, and only the last one', async () => {
    const person = await server.person('OPERATOR');
    const offer = async () =>
      (
        await person.graphql<{ linkTelegram: { url: string; code: string } }>(
          'mutation { linkTelegram { url code expiresAt } }',
        )
      ).data?.linkTelegram;
    const [older, newer] = [await offer(), await offer()];
    expect(newer?.url).toBe(`https://t.me/switchboard_bot?start=${newer?.code}`);
    const redeem = (code = '', account = '3001') =>
      server.app.unit(asBot(), ({ telegramAccess }) => telegramAccess.redeemLink(code, account));
    await expect(redeem(older?.code)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await redeem(newer?.code);
    await expect(redeem(newer?.code)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const me = '{ viewer { user { telegramId } } }';
    expect((await person.graphql(me)).data).toEqual({ viewer: { user: { telegramId: '3001' } } });
    const other = await server.person('VIEWER');
    const code = (await other.graphql<{ linkTelegram: { code: string } }>('mutation { linkTelegram { code } }')).data
      ?.linkTelegram.code;
    await expect(redeem(code, '3001')).rejects.toMatchObject({ code: 'CONFLICT', reasons: ['DUPLICATE_TELEGRAM_ID'] });
    expect((await person.graphql('mutation { unlinkTelegram }')).data).toEqual({ unlinkTelegram: true });
    expect((await person.graphql(me)).data).toEqual({ viewer: { user: { telegramId: null } } });
  });
});
