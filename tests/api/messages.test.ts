// Messages as they are listed, by mailing, by client and all together, who sees their numbers, and a test message to a gateway
// that answers what it is told to.
import { messageStatuses } from '../../src/entities/mailing.enums.js';
import { codeOf, createMailing, fieldsOf, plantMessages, told } from '../support/mailings.js';
import { type Answer, drip, hang, ok, RawGateway, says } from '../support/raw-gateway.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let gateway: RawGateway;
let server: TestServer;
let staff: Client;
let mailingId: string;

const one = { QUEUED: 2, SENDING: 1, SENT: 30, FAILED: 2, EXPIRED: 1, CANCELLED: 1, SUPPRESSED: 1, UNCERTAIN: 1 };

beforeAll(async () => {
  gateway = await RawGateway.listen();
  server = await testServer({ ROLES: 'web', MESSAGE_GATEWAY_URL: gateway.url, MESSAGE_TIMEOUT: '500ms' });
  staff = await server.person('OPERATOR');
  mailingId = (await createMailing(staff)).id;
  await plantMessages(server.database, mailingId, one);
});
afterAll(async () => {
  await server.close();
  await gateway[Symbol.asyncDispose]();
});

interface Page {
  readonly totalCount: number;
  readonly nodes: {
    id: string;
    status: string;
    phone: string;
    mailing: { id: string };
    client: { id: string; phone: string };
  }[];
  readonly edges: { cursor: string }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean };
}

const pageFields =
  'totalCount nodes { id status phone mailing { id } client { id phone } } edges { cursor } pageInfo { hasNextPage hasPreviousPage }';
const messages = async (args: string, as = staff): Promise<Page> =>
  told(await as.graphql<Record<string, Page>>(`{ messages(${args}) { ${pageFields} } }`));

describe('messages', () => {
  it('of a mailing come in the order they were planned, page by page in both directions', async () => {
    const total = Object.values(one).reduce((sum, n) => sum + n, 0);
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const page = await messages(`mailingId: "${mailingId}", first: 10${after}`);
      expect(page.totalCount).toBe(total);
      seen.push(...page.nodes.map(({ id }) => id));
      if (!page.pageInfo.hasNextPage) break;
      after = `, after: "${page.edges.at(-1)?.cursor}"`;
    }
    expect(seen).toHaveLength(total);
    expect(seen).toEqual([...seen].sort((a, b) => Number(a) - Number(b)));
    const last = await messages(`mailingId: "${mailingId}", last: 3`);
    expect([last.nodes.map(({ id }) => id), last.pageInfo]).toEqual([
      seen.slice(-3),
      { hasNextPage: false, hasPreviousPage: true },
    ]);
  });

  it.each([...messageStatuses.map((status) => [status]), ['QUEUED', 'FAILED', 'SENT'], []])(
    'are narrowed to %s %s %s, counted right',
    async (...status) => {
      const wanted = status.filter((one_) => one_ !== undefined);
      const page = await messages(`mailingId: "${mailingId}", status: [${wanted.join(', ')}], first: 100`);
      const expected = Object.entries(one).filter(([name]) => wanted.length === 0 || wanted.includes(name as never));
      expect(page.totalCount).toBe(expected.reduce((sum, [, n]) => sum + n, 0));
      expect(page.nodes).toHaveLength(page.totalCount);
      expect(new Set(page.nodes.map(({ status: seen }) => seen))).toEqual(new Set(expected.map(([name]) => name)));
    },
  );

  it('of a client lead to both, newest mailing first; of nobody known there are none', async () => {
    const [message] = (await messages(`mailingId: "${mailingId}", first: 1`)).nodes;
    const client = message?.client.id;
    const other = (await createMailing(staff)).id;
    await server.database.query(
      `insert into message (mailing_id, client_id, phone, zone, status) select $1, client_id, phone, 1, 'SENT' from message
       where mailing_id = $2 and client_id = $3`,
      [other, mailingId, client],
    );
    await server.database.query('update mailing set planned = 1, sent = 1 where id = $1', [other]);
    const both = await messages(`clientId: "${client}"`);
    expect([both.totalCount, both.nodes.map(({ mailing }) => mailing.id)]).toEqual([2, [other, mailingId]]);
    const single = await messages(`clientId: "${client}", mailingId: "${mailingId}"`);
    expect([single.totalCount, single.nodes]).toEqual([1, [message]]);
    const throughClient = await staff.graphql(
      'query ($id: ID!) { client(id: $id) { messages(first: 1) { totalCount nodes { mailing { id } } } } }',
      { id: client },
    );
    expect(throughClient.data).toEqual({
      client: { messages: { totalCount: 2, nodes: [{ mailing: { id: other } }] } },
    });
    for (const nobody of [
      'mailingId: "0"',
      'mailingId: "99999999999999999999"',
      'clientId: "x"',
      'clientId: "987654"',
    ]) {
      expect(await messages(nobody)).toMatchObject({ totalCount: 0, nodes: [] });
    }
  });

  it('all together come the newest first, page by page', async () => {
    const first = await messages('first: 30');
    const second = await messages(`first: 100, after: "${first.edges.at(-1)?.cursor}"`);
    const ids = [...first.nodes, ...second.nodes].map(({ id }) => Number(id));
    expect(ids).toHaveLength(first.totalCount);
    expect(new Set(ids).size).toBe(first.totalCount);
    expect(await messages('status: [FAILED, QUEUED]')).toMatchObject({ totalCount: 4 });
  });

  it('show a VIEWER the last four digits, everywhere', async () => {
    const viewer = await server.person('VIEWER');
    const page = await messages(`mailingId: "${mailingId}", first: 100`, viewer);
    for (const { phone, client } of page.nodes)
      expect([phone, client.phone]).toEqual(Array(2).fill(expect.stringMatching(/^•{7}\d{4}$/)));
    const response = await viewer.fetch(`/api/v1/mailings/${mailingId}/messages?limit=5`);
    const rows = (await response.json()) as { phone: string }[];
    expect(rows.map(({ phone }) => phone)).toEqual(Array(5).fill(expect.stringMatching(/^•{7}\d{4}$/)));
    expect(Buffer.from(page.edges[0]?.cursor ?? '', 'base64url').toString()).not.toMatch(/79\d{9}/);
    const [seen] = (await messages(`mailingId: "${mailingId}", first: 1`)).nodes;
    expect(seen?.phone).toMatch(/^79\d{9}$/);
  });

  it('are listed over REST, by status, with a link to the next page', async () => {
    const path = `/api/v1/mailings/${mailingId}/messages`;
    const response = await staff.fetch(`${path}?limit=2&status=FAILED&status=QUEUED`);
    const rows = (await response.json()) as Record<string, unknown>[];
    expect(rows.map(({ status }) => status)).toEqual(['QUEUED', 'QUEUED']);
    expect(rows[0]).toEqual({
      id: expect.any(String),
      mailingId,
      clientId: expect.any(String),
      phone: expect.stringMatching(/^79\d{9}$/),
      text: 'Hello',
      textVersion: 1,
      status: 'QUEUED',
      createdAt: expect.any(String),
      sentAt: null,
      attempts: 0,
      nextAttemptAt: expect.any(String),
      lastError: null,
    });
    const [, next = ''] = /<(.+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
    const rest = (await (await staff.fetch(next)).json()) as { status: string; lastError: string }[];
    expect(rest.map(({ status, lastError }) => [status, lastError])).toEqual(Array(2).fill(['FAILED', 'rejected']));
    expect((await staff.fetch('/api/v1/mailings/999999/messages')).status).toBe(404);
    expect((await staff.fetch(`${path}?status=NONE`)).status).toBe(400);
  });
});

describe('a test message', () => {
  const send = (phone: string, text = 'Is it on?') =>
    staff.graphql('mutation ($phone: String!, $text: String!) { sendTestMessage(phone: $phone, text: $text) }', {
      phone,
      text,
    });

  it('goes to the gateway once, under an id of its own, and is audited without the number', async () => {
    gateway.answer = ok;
    gateway.requests.length = 0;
    expect((await send('79990000001', 'Привет "всем"')).data).toEqual({ sendTestMessage: true });
    const response = await staff.fetch('/api/v1/messages/test', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phone: '79990000001', text: 'Over REST' }),
    });
    expect([response.status, await response.json()]).toEqual([200, { sent: true }]);
    const bodies = gateway.requests.map(({ body }) => JSON.parse(body) as { id: number; phone: number; text: string });
    expect(bodies.map(({ phone, text }) => [phone, text])).toEqual([
      [79990000001, 'Привет "всем"'],
      [79990000001, 'Over REST'],
    ]);
    expect(bodies[0]?.id).not.toBe(bodies[1]?.id);
    const entries = await server.database.query<{ subject: string; detail: unknown }>(
      `select subject, detail from audit_entry where action = 'sendTestMessage' order by id`,
    );
    expect(entries).toEqual(bodies.map(({ id }) => ({ subject: `message:${id}`, detail: null })));
  });

  it('is CONFLICT to a number that must not be contacted, and nothing is asked', async () => {
    gateway.requests.length = 0;
    await server.database.query(
      `insert into suppression (phone, channel, source) values ('79990000002', 'MESSAGE', 'STAFF'), ('79990000003', 'CALL', 'STAFF')`,
    );
    const { errors } = await send('79990000002');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['SUPPRESSED'] });
    expect(gateway.requests).toEqual([]);
    expect((await send('79990000003')).data).toEqual({ sendTestMessage: true });
  });

  it.each([
    ['another code', says(200, '{"code":1,"message":"no"}')],
    ['our token is not good', says(401, '{}')],
    ['it is rejected', says(422, '79990000001 is no number')],
    ['the gateway is broken', says(500)],
    ['too many', says(429)],
    ['garbage', says(200, '<html>')],
    ['no answer', hang],
    ['no end of an answer', drip(200)],
  ])('is UPSTREAM_FAILED where the answer is: %s', async (_what, answer) => {
    gateway.answer = answer;
    const refused = await send('79990000001');
    expect(codeOf(refused)).toBe('UPSTREAM_FAILED');
    expect(JSON.stringify(refused)).not.toContain('79990000001');
  });

  it.each([
    ['+79990000001', 'text', 'phone'],
    ['7999000000', 'text', 'phone'],
    ['79990000001\n', 'text', 'phone'],
    ['79990000001', '', 'text'],
    ['79990000001', 'a\0', 'text'],
    ['79990000001', 'x'.repeat(2_001), 'text'],
  ])('is refused to %j with %j', async (phone, text, field) => {
    const refused = await send(phone, text);
    expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', [field]]);
    expect(JSON.stringify(refused)).not.toContain('9990000001');
  });

  describe('under an idempotency key', () => {
    const overRest = (key: string, text = 'Is it on?', signal: AbortSignal | null = null) =>
      staff.fetch('/api/v1/messages/test', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ phone: '79990000001', text }),
        signal,
      });
    const keyed = (key: string, text = 'Is it on?') =>
      staff.graphql(
        'mutation ($text: String!, $key: String) { sendTestMessage(phone: "79990000001", text: $text, idempotencyKey: $key) }',
        { text, key },
      );
    const told = async (answer: Response) => [
      ...[answer.status, answer.headers.get('idempotency-replayed')],
      ((await answer.json()) as { code?: string }).code,
    ];
    const late =
      (milliseconds: number): Answer =>
      (socket, request) =>
        void setTimeout(() => ok(socket, request), milliseconds);
    beforeEach(() => {
      gateway.answer = ok;
      gateway.requests.length = 0;
    });

    it('is sent once, however often it is asked for, over REST and GraphQL', async () => {
      expect(await told(await overRest('t1'))).toEqual([200, null, undefined]);
      expect(await told(await overRest('t1'))).toEqual([200, 'true', undefined]);
      expect(await told(await overRest('t1', 'Another text'))).toEqual([409, null, 'CONFLICT']);
      expect([(await keyed('t2')).data, (await keyed('t2')).data]).toEqual(Array(2).fill({ sendTestMessage: true }));
      expect((await keyed('t2', 'Another text')).errors?.[0]?.extensions).toMatchObject({
        ...{ code: 'CONFLICT', reasons: ['IDEMPOTENCY_KEY_REUSED'] },
      });
      expect(gateway.requests).toHaveLength(2);
    });

    it('is sent once where it is asked for five times at the same moment', async () => {
      gateway.answer = late(200);
      const answers = await Promise.all(Array.from({ length: 5 }, () => overRest('t3')));
      const seen = await Promise.all(answers.map(told));
      expect(seen.map(([status]) => status)).toEqual(Array(5).fill(200));
      expect(seen.filter(([, replayed]) => replayed === 'true')).toHaveLength(4);
      expect(gateway.requests).toHaveLength(1);
    });

    it('is not sent again where the first answer was lost on the way', async () => {
      gateway.answer = late(300);
      const signal = AbortSignal.timeout(100);
      await expect(overRest('t4', undefined, signal)).rejects.toThrow();
      expect(await told(await overRest('t4'))).toEqual([200, 'true', undefined]);
      expect(gateway.requests).toHaveLength(1);
    });

    it('is not sent again where the gateway said nothing, or its sender died: it may have arrived', async () => {
      gateway.answer = hang;
      expect(await told(await overRest('t5'))).toEqual([502, null, 'UPSTREAM_FAILED']);
      gateway.answer = ok;
      expect(await told(await overRest('t5'))).toEqual([502, 'true', 'UPSTREAM_FAILED']);
      await overRest('t6');
      await server.database.query(`update test_message set outcome = null, begun_at = now() - interval '1 minute'`);
      expect(await told(await overRest('t6'))).toEqual([502, 'true', 'UPSTREAM_FAILED']);
      expect(gateway.requests).toHaveLength(2);
    });

    it('is sent where it surely was not sent before, under the id that it had', async () => {
      gateway.answer = says(500);
      expect(await told(await overRest('t7'))).toEqual([502, null, 'UPSTREAM_FAILED']);
      gateway.answer = ok;
      expect(await told(await overRest('t7'))).toEqual([200, null, undefined]);
      expect(await told(await overRest('t7'))).toEqual([200, 'true', undefined]);
      const ids = gateway.requests.map(({ body }) => (JSON.parse(body) as { id: number }).id);
      expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    });
  });

  it('is UNAVAILABLE where the gateway is away, or none is configured', async () => {
    const away = await RawGateway.listen();
    const { url } = away;
    await away[Symbol.asyncDispose]();
    for (const settings of [{ MESSAGE_GATEWAY_URL: url }, {}]) {
      const other = await testServer({ ROLES: 'web', ...settings });
      const answer = await other.admin.graphql('mutation { sendTestMessage(phone: "79990000001", text: "Hello") }');
      expect(codeOf(answer)).toBe('UNAVAILABLE');
      await other.close();
    }
  });
});
