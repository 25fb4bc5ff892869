// A worker's sending loop against a gateway that is put in by hand: what it holds comes through, whatever the breaker does.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { systemViewer } from '../../src/auth/viewer.js';
import { type Claim, MessageQueue } from '../../src/domain/mailings/message-queue.js';
import { SendGate } from '../../src/domain/mailings/send-gate.js';
import { MessageSender } from '../../src/domain/mailings/sender.js';
import type { MessageGateway } from '../../src/gateways/messages/port.js';
import { columnParsers } from '../../src/server/database.js';
import { endPool } from '../support/end-pool.js';
import { createMailing } from '../support/mailings.js';
import { MessageGatewayStage } from '../support/message-gateway-stage.js';
import { until } from '../support/program.js';
import { goodbye, okBody, type RawGateway, response } from '../support/raw-gateway.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let pool: pg.Pool;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  pool = new pg.Pool({ connectionString: server.database.url, max: 3, types: columnParsers() });
});
afterAll(async () => {
  await endPool(pool);
  await server.close();
});

/** The breaker opens while the first claim is under way. */
class OpeningQueue extends MessageQueue {
  #opened = false;

  constructor(
    private readonly gate: SendGate<Claim>,
    worker: string,
  ) {
    super({ rows: async (sql, params = []) => (await pool.query(sql, [...params])).rows }, worker);
  }

  override async claim(limit: number) {
    const claimed = await super.claim(limit);
    const [claim] = claimed.claims;
    const now = performance.now();
    if (claim && !this.#opened) {
      this.gate.end(this.gate.begin(now, claim), { kind: 'denied', reason: '401' }, now);
      this.#opened = true;
    }
    return claimed;
  }
}

it('sends what was claimed while the breaker opened, once it has closed again', async () => {
  await server.database.query(
    `insert into client (phone, operator_code, tag, timezone) select '7900000000' || n, '900', 'a', 'UTC' from generate_series(1, 5) n`,
  );
  const { id } = await createMailing(staff, { filter: { tags: ['a'] } });
  await server.app.unit(systemViewer(randomUUID()), ({ plans }) => plans.bringOn(new AbortController().signal));
  const gate = new SendGate<Claim>({ concurrency: 1, timeoutMs: 1_000 });
  const sent: string[] = [];
  const gateway: MessageGateway = {
    send: async (message) => {
      sent.push(message.id);
      return { kind: 'accepted' };
    },
    close: async () => undefined,
  };
  const sender = new MessageSender({
    queue: new OpeningQueue(gate, 'alone'),
    ...{ gateway, gate, concurrency: 1, timeoutMs: 1_000, log: pino({ level: 'silent' }) },
    ...{ onClaim: () => undefined, onSettled: () => undefined, onDenied: () => undefined },
  });
  await sender.start();
  try {
    const status = async () =>
      (await server.database.query<{ status: string }>('select status from mailing where id = $1', [id]))[0]?.status;
    await until(async () => (await status()) === 'COMPLETED', 20_000, 'everything is sent');
  } finally {
    await sender.stop(1_000);
  }
  expect([sent.length, new Set(sent).size]).toEqual([5, 5]);
});

const unused = () => undefined;

it.each<[how: string, set: (raw: RawGateway) => void, sent: number]>([
  [
    'closes each connection after an answer and does not say so',
    (raw) => {
      raw.answer = goodbye(response(200, okBody));
    },
    200,
  ],
  [
    'says that it took a message before it was asked',
    (raw) => {
      raw.greet = (socket) => socket.resume().write(response(200, okBody));
    },
    0,
  ],
])(
  'leaves none of 200 messages in doubt, and none SENT that was not taken, where the gateway %s',
  async (_how, set, sent) => {
    await server.database.query(
      `insert into client (phone, operator_code, tag, timezone)
     select (79000010000 + n)::text, '900', 'many', 'UTC' from generate_series(1, 200) n on conflict do nothing`,
    );
    const { id } = await createMailing(staff, { filter: { tags: ['many'] }, onUncertain: 'HOLD' });
    await server.app.unit(systemViewer(randomUUID()), ({ plans }) => plans.bringOn(new AbortController().signal));
    await using stage = await MessageGatewayStage.set();
    set(stage.raw);
    const sender = new MessageSender({
      queue: new MessageQueue({ rows: async (sql, params = []) => (await pool.query(sql, [...params])).rows }, 'alone'),
      ...{ gateway: stage.open(stage.raw.url, 64), gate: new SendGate<Claim>({ concurrency: 64, timeoutMs: 5_000 }) },
      ...{ concurrency: 64, timeoutMs: 5_000, log: pino({ level: 'silent' }) },
      ...{ onClaim: unused, onSettled: unused, onDenied: unused },
    });
    await sender.start();
    try {
      await until(async () => stage.raw.opened >= 64 && (await counters(id)).sent === sent, 20_000, 'all are tried');
    } finally {
      await sender.stop(2_000);
    }
    expect(await counters(id)).toMatchObject({ sent, uncertain: 0, failed: 0 });
  },
);

const counters = async (mailing: string): Promise<{ sent: number; uncertain: number; failed: number }> =>
  (await pool.query('select sent, uncertain, failed from mailing where id = $1', [mailing])).rows[0];
