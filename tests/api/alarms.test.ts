// Alarms: raised once for each thing that is wrong, told to the webhook until it takes them, live, and taken on by a person.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemViewer } from '../../src/auth/viewer.js';
import { createMailing, type MailingSeen } from '../support/mailings.js';
import { until } from '../support/program.js';
import { type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

let server: TestServer;
let webhook: Server;
const told: { kind: string; message: string; id: string }[] = [];
let answer = 503;
let refused = 0;

beforeAll(async () => {
  webhook = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (answer === 200) told.push(JSON.parse(body));
    else refused++;
    response.writeHead(answer).end();
  }).listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  const { port } = webhook.address() as { port: number };
  server = await testServer({ ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/hook` });
});
afterAll(async () => {
  await server.close();
  webhook.close();
});

const raise = (key: string) =>
  server.app.unit(systemViewer('test'), ({ alarms }) =>
    alarms.raise({ kind: 'TEST', key, message: `${key} is broken: mend it.` }),
  );

it('tells the webhook each alarm: not while it refuses, later all at once, and none twice', async () => {
  await raise('pump');
  await raise('pump');
  await until(() => refused > 0, 5_000, 'the first try');
  expect(told).toEqual([]);
  answer = 200;
  await raise('valve');
  await until(() => told.length >= 2, 5_000, 'both alarms');
  await raise('tap');
  await until(() => told.length >= 3, 5_000, 'the third alarm');
  expect(told.map(({ message }) => message)).toEqual(
    ['pump', 'valve', 'tap'].map((key) => `${key} is broken: mend it.`),
  );
  expect(told[0]).toMatchObject({ source: 'switchboard', kind: 'TEST', id: expect.any(String) });
  await server.database.query("update alarm set acknowledged_at = now() where key in ('valve', 'tap')");
});

it('shows open alarms first and then each that is raised or taken on, until somebody acknowledged', async () => {
  const staff = await server.person('OPERATOR');
  const seen = await subscribe<{ alarms: { id: string; message: string; acknowledgedAt: string | null } }>(
    server.url,
    staff,
    'subscription { alarms { id message acknowledgedAt } }',
  );
  await until(() => seen.events.length === 1, 3_000, 'the open alarm');
  await raise('fan');
  await until(() => seen.events.length === 2, 3_000, 'the new alarm');
  const [pump, fan] = seen.events.map(({ alarms }) => alarms);
  expect([pump?.message, fan?.message]).toEqual(['pump is broken: mend it.', 'fan is broken: mend it.']);
  const acknowledge = 'mutation ($id: ID!) { acknowledgeAlarm(id: $id) }';
  expect((await staff.graphql(acknowledge, { id: fan?.id })).data).toEqual({ acknowledgeAlarm: true });
  expect((await staff.graphql(acknowledge, { id: fan?.id })).data).toEqual({ acknowledgeAlarm: true });
  expect((await staff.graphql(acknowledge, { id: '999' })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  await until(() => seen.events.length === 3, 3_000, 'the acknowledgement');
  expect(seen.events[2]?.alarms).toMatchObject({ id: fan?.id, acknowledgedAt: expect.any(String) });
  const { data } = await staff.graphql('{ systemStatus { alarms { message } database jobs pubsub roles } }');
  expect(data).toEqual({
    systemStatus: {
      alarms: [{ message: 'pump is broken: mend it.' }],
      database: expect.stringMatching(/^PostgreSQL \d/),
      jobs: 'PostgreSQL',
      pubsub: 'pg-notify',
      roles: ['web', 'worker', 'bot'],
    },
  });
  await seen.close();
});

it('lists the ticks of the scheduler', async () => {
  await until(
    async () => {
      const { data } = await server.admin.graphql<{ scheduledJobs: { name: string; lastFinishedAt: string | null }[] }>(
        '{ scheduledJobs { name every lastRunAt lastFinishedAt nextRunAt failCount lastError } }',
      );
      return (
        data?.scheduledJobs.some(({ name, lastFinishedAt }) => name === 'tellAlarms' && lastFinishedAt !== null) ??
        false
      );
    },
    20_000,
    'a run of tellAlarms',
  );
});

describe('without a message gateway', () => {
  const kinds = async (): Promise<string[]> => {
    const { data } = await server.admin.graphql<{ systemStatus: { alarms: { kind: string }[] } }>(
      '{ systemStatus { alarms { kind } } }',
    );
    return data?.systemStatus.alarms.map(({ kind }) => kind) ?? [];
  };
  const missed = async (): Promise<boolean> => (await kinds()).includes('NO_GATEWAY');
  let mailing: MailingSeen;
  let person: { id: string } | undefined;

  it('nothing is said while no mailing waits, and an alarm is raised as soon as one does', async () => {
    expect(await missed()).toBe(false);
    [person] = await server.database.query<{ id: string }>(
      `insert into client (phone, operator_code, tag, timezone) values ('79000000001', '900', '', 'UTC') returning id`,
    );
    mailing = await createMailing(server.admin);
    await until(missed, 5_000, 'the alarm');
    const { data } = await server.admin.graphql<{ systemStatus: { alarms: { kind: string; message: string }[] } }>(
      '{ systemStatus { alarms { kind message } } }',
    );
    expect(data?.systemStatus.alarms.find(({ kind }) => kind === 'NO_GATEWAY')?.message).toMatch(/MESSAGE_GATEWAY_URL/);
  });

  it('explainRecipient says so instead of telling that no worker runs', async () => {
    const { data } = await server.admin.graphql(
      'query ($m: ID!, $c: ID!) { explainRecipient(mailingId: $m, clientId: $c) { verdict explanation } }',
      { m: mailing.id, c: person?.id },
    );
    expect(data).toEqual({
      explainRecipient: { verdict: 'NO_GATEWAY', explanation: expect.stringMatching(/MESSAGE_GATEWAY_URL/) },
    });
  });

  it('the alarm closes by itself once a worker has one, and stays closed when a person has taken it on', async () => {
    await server.database.query(
      `insert into gateway_worker (worker, name, breaker, concurrency, success_rate, p95_ms, per_second, seen_at)
       values ('another', 'messages', 'CLOSED', 64, 1, 50, 100, now() + interval '1 hour')`,
    );
    await until(async () => !(await missed()), 5_000, 'the end of the alarm');
    await server.database.query(`delete from gateway_worker where worker = 'another'`);
    await until(missed, 5_000, 'the alarm again');
    const [open] = await server.database.query<{ id: string }>(
      `select id from alarm where kind = 'NO_GATEWAY' and acknowledged_at is null`,
    );
    await server.admin.graphql('mutation ($id: ID!) { acknowledgeAlarm(id: $id) }', { id: open?.id });
    await sleep(2_500);
    expect(await missed()).toBe(false);
  });
});
