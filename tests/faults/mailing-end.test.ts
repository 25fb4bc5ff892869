// The end of a mailing arrives while thousands wait: by the gateway's clock nothing begins after it, what was left is
// EXPIRED, and the sum holds. With real processes on one machine, so that there is one clock.
import type { GatewayLogEntry } from '../../src/simulators/message-gateway.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { MailingStage, type NewMailing } from '../support/mailing-stage.js';
import { until } from '../support/program.js';

const recipients = 3_000;
const concurrency = 16;
/** How soon after the end everything has to be told. */
const toldWithin = 15_000;

let database: TestDatabase;
let gateway: TestGateway;
let stage: MailingStage;

beforeAll(async () => {
  database = await testDatabase();
  gateway = await startGateway();
  stage = await MailingStage.open({
    databaseUrl: database.url,
    gatewayUrl: gateway.url,
    settings: { MESSAGE_CONCURRENCY: String(concurrency), MESSAGE_TIMEOUT: '60s' },
  });
  await stage.addClients(recipients, 'everybody');
}, 60_000);

afterAll(async () => {
  await stage?.close();
  await gateway?.stop();
  await database?.drop();
});

interface Mailing {
  readonly id: string;
  readonly endsAt: Date;
}

async function create(given: Partial<NewMailing> = {}): Promise<Mailing> {
  const endsAt = new Date(Date.now() + 6_000);
  const id = await stage.createMailing({ text: 'Until tonight', tag: 'everybody', endsAt, ...given });
  return { id, endsAt };
}

/** The gateway's log of one mailing. */
async function requestsOf({ id }: Mailing): Promise<GatewayLogEntry[]> {
  const own = new Set(await stage.messageIds(id));
  return (await gateway.log()).filter((entry) => own.has(String(entry.id)));
}

async function judge(mailing: Mailing): Promise<{ asked: number; counted: Record<string, number> }> {
  const now = await stage.finished(mailing.id, mailing.endsAt.getTime() - Date.now() + toldWithin);
  const counted = await stage.counted(mailing.id);
  const { status, planned, queued, sending, sent, expired, uncertain } = now;
  expect({ status, planned, queued, sending }).toEqual({
    status: 'EXPIRED',
    planned: recipients,
    queued: 0,
    sending: 0,
  });
  expect({ sent, expired, uncertain }).toEqual({
    sent: counted.sent ?? 0,
    expired: counted.expired ?? 0,
    uncertain: counted.uncertain ?? 0,
  });
  expect(sent + expired + uncertain).toBe(planned);
  const requests = await requestsOf(mailing);
  expect(requests.filter(({ at }) => at > mailing.endsAt.getTime())).toEqual([]);
  return { asked: requests.length, counted };
}

describe('F8: the end', () => {
  it('finds thousands waiting behind a slow gateway', async () => {
    await gateway.setMood({ mode: 'slow', latencyMs: 300 });
    const mailing = await create();
    const { asked, counted } = await judge(mailing);
    const sent = counted.sent ?? 0;
    expect(sent).toBeGreaterThan(concurrency);
    // Those are the rest whom the end cut off.
    expect(asked - sent).toBeLessThanOrEqual(concurrency);
  });

  it('finds it paused', async () => {
    await gateway.setMood({ mode: 'slow', latencyMs: 300 });
    const mailing = await create();
    await until(async () => (await stage.mailing(mailing.id)).sent > 0, 5_000, 'the first is sent');
    await stage.graphql('mutation ($id: ID!) { pauseMailing(id: $id) { status } }', { id: mailing.id });
    const { counted } = await judge(mailing);
    expect(counted.expired).toBeGreaterThan(recipients - 200);
  });

  it.each(['RETRY', 'HOLD'] as const)('finds exchanges that hang (%s)', async (onUncertain) => {
    await gateway.setMood({ mode: 'hang' });
    const mailing = await create({ onUncertain });
    const { asked, counted } = await judge(mailing);
    expect(asked).toBeGreaterThan(0);
    expect(counted.sent ?? 0).toBe(0);
    expect(counted.uncertain ?? 0).toBe(onUncertain === 'HOLD' ? asked : 0);
    // What hung was let go of when the end came, not when its minute was over.
    await until(async () => (await gateway.stats()).inFlight === 0, 2_000, 'nothing hangs any more');
  });
});
