// The role worker: sends messages, on a small pool of its own, so that neither the API nor the queue can starve the other.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import { systemViewer } from '../auth/viewer.js';
import type { Config } from '../config.js';
import type { Rows } from '../domain/live/event-log.js';
import { forgetGateway, isGatewayMissed, noGateway, reportGateway } from '../domain/mailings/gateway-report.js';
import { type Claim, MessageQueue } from '../domain/mailings/message-queue.js';
import { type GateState, SendGate } from '../domain/mailings/send-gate.js';
import { MessageSender } from '../domain/mailings/sender.js';
import { rollZones } from '../domain/mailings/zones.js';
import type { MessageGateway } from '../gateways/messages/port.js';
import { columnParsers } from '../server/database.js';
import type { Foundation, Parts } from '../server/parts.js';
import { preparedRows } from '../server/prepared-rows.js';
import { atMostEach } from '../shared/at-most-each.js';
import type { Logger } from '../shared/logger.js';

export interface WorkerRole {
  start(): Promise<void>;
  /** Why this process can't send, or nothing. */
  obstacle(): string | undefined;
  stop(graceMs: number): Promise<void>;
}

export interface WorkerNeeds extends Pick<Foundation, 'unit' | 'log'> {
  readonly config: Config;
  readonly parts: Parts;
}

interface SenderNeeds extends WorkerNeeds {
  readonly gateway: MessageGateway;
}

export function workerRole(needs: SenderNeeds): WorkerRole {
  const { config, parts, log } = needs;
  const pool = openPool(parts.databaseUrl, { most: 4, settings: sessionSettings }, log);
  const notes = openPool(parts.databaseUrl, { most: 2, settings: `${sessionSettings} -c synchronous_commit=off` }, log);
  const db = preparedRows(pool, 'm');
  const gate = new SendGate<Claim>({ concurrency: config.MESSAGE_CONCURRENCY, timeoutMs: config.MESSAGE_TIMEOUT });
  const sender = openSender(needs, gate, new MessageQueue(db, workerName(), preparedRows(notes, 'n')));
  const planning = new Rounds(log, planEvery, (signal) => bringOn(needs, signal, () => sender.look()));
  const rounds = [
    planning,
    new Rounds(log, upkeepEvery, () => rollZones(db)),
    reporting(needs, db, () => gate.state(performance.now())),
  ];
  return {
    async start() {
      await sender.start();
      for (const round of rounds) round.start();
      parts.live.onEvents(() => planning.look());
    },
    obstacle: () =>
      Math.abs(sender.clockOffsetMs) > clockTolerance
        ? "the clock differs from the database's by more than 2 s"
        : undefined,
    async stop(graceMs) {
      await Promise.all([sender.stop(graceMs), ...rounds.map((round) => round.stop())]);
      await forget(db, log);
      await Promise.all([pool.end(), notes.end()]);
    },
  };
}

/** Without a gateway: audiences are planned by jobs, and the status pages and an alarm tell why nothing is sent. */
export function idleWorkerRole(needs: WorkerNeeds): WorkerRole {
  const { log, parts } = needs;
  const db = preparedRows(parts.database.pool, 'w');
  const rounds = reporting(needs, db, () => noGateway);
  return {
    async start() {
      rounds.start();
      rounds.look();
    },
    obstacle: () => undefined,
    async stop() {
      await rounds.stop();
      await forget(db, log);
    },
  };
}

/** How the gateway does as this worker sees it, each second. */
function reporting({ unit, log }: WorkerNeeds, db: Rows, state: () => GateState): Rounds {
  const alarm = { kind: 'NO_GATEWAY', key: 'messages' };
  const message =
    'Mailings wait, and no worker has a message gateway: set MESSAGE_GATEWAY_URL and restart the workers.';
  let told: boolean | undefined;
  return new Rounds(log, upkeepEvery, async () => {
    await reportGateway(db, { worker: workerName(), ...state() });
    const missed = await isGatewayMissed(db);
    // Said when it changes only: an alarm that a person has taken on stays closed.
    if (missed === told) return;
    await unit(systemViewer(randomUUID()), ({ alarms }) =>
      missed ? alarms.raise({ ...alarm, message }) : alarms.clear(alarm),
    );
    told = missed;
  });
}

const workerName = (): string => `${hostname().slice(0, 20)} ${process.pid}`;

const forget = (db: Rows, log: Logger): Promise<void> =>
  forgetGateway(db, workerName()).catch((error: unknown) => log.debug({ err: error }, 'the report stays for a while'));

function openSender(
  { config, parts, gateway, unit, log }: SenderNeeds,
  gate: SendGate<Claim>,
  queue: MessageQueue,
): MessageSender {
  const wakeHubs = atMostEach(wakeEvery, () => parts.live.wake());
  const sender = new MessageSender({
    queue,
    gateway,
    gate,
    concurrency: config.MESSAGE_CONCURRENCY,
    timeoutMs: config.MESSAGE_TIMEOUT,
    log: log.child({ part: 'messages' }),
    onClaim: (seconds) => parts.metrics.claimed(seconds),
    onSettled: (mailingIds, results, lost) => {
      parts.metrics.settled(
        results.map(({ as }) => as),
        lost,
      );
      for (const id of mailingIds) parts.live.changed('mailing', id);
      wakeHubs();
    },
    onDenied: (reason) => {
      const message = `The message gateway refuses our token (${reason}): set MESSAGE_GATEWAY_TOKEN and restart.`;
      unit(systemViewer(randomUUID()), ({ alarms }) =>
        alarms.raise({ kind: 'GATEWAY_DENIES', key: 'messages', message }),
      ).catch((error: unknown) => log.warn({ err: error }, 'could not raise an alarm'));
    },
  });
  parts.metrics.watch({
    name: 'messages',
    help: 'Messages in the hands of this worker: under way, claimed ahead, answered but not settled, of those lost with it, leases lost.',
    read: () => ({ ...sender.stats() }),
  });
  return sender;
}

/** What somebody else's process made due is found here long before a tick or a nudge gets round to it: its event is heard of. */
async function bringOn({ unit }: WorkerNeeds, signal: AbortSignal, planned: () => void): Promise<void> {
  await unit(systemViewer(randomUUID()), async ({ plans }) => {
    if (await plans.isAnyDue()) await plans.bringOn(signal, planned);
  });
}

const planEvery = 100;
const upkeepEvery = 1_000;
const clockTolerance = 2_000;
/** Hundreds of batches a second are settled; their events are numbered together. */
const wakeEvery = 250;

/** What is looked at again and again, never twice at once. */
class Rounds {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(
    private readonly log: Logger,
    private readonly everyMs: number,
    private readonly round: (signal: AbortSignal) => Promise<unknown>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.look(), this.everyMs);
  }

  /** Now, where none is under way. */
  look(): void {
    if (this.#stopping.signal.aborted) return;
    this.#running ??= this.round(this.#stopping.signal)
      .then(() => undefined)
      .catch((error: unknown) => this.log.warn({ err: error }, 'a round of the worker failed; the next one does it'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }
}

/**
 * Claims and settlements find few rows among millions by their keys: without these settings the planner, who doesn't know how
 * few, may read the whole table to join them.
 */
const sessionSettings =
  '-c timezone=UTC -c statement_timeout=8s -c lock_timeout=5s -c jit=off -c plan_cache_mode=force_generic_plan ' +
  '-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

interface PoolShape {
  readonly most: number;
  readonly settings: string;
}

function openPool(connectionString: string, { most, settings }: PoolShape, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'switchboard-messages',
    max: most,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
    types: columnParsers(),
    options: settings,
  });
  pool.on('error', (error) => log.debug({ err: error }, 'an idle connection was lost'));
  return pool;
}
