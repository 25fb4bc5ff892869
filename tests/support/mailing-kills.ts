// One mailing to its end while workers are killed and PostgreSQL restarts at random moments, through a gateway that errs,
// hangs and babbles; and the judgement, by the gateway's own log, of what was sent twice or lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnderWay } from '../../src/domain/mailings/mailing.rows.js';
import type { GatewayLogEntry } from '../../src/simulators/message-gateway.js';
import { startGateway, type TestGateway } from './gateway.js';
import { type MailingNow, MailingStage } from './mailing-stage.js';
import { type OwnPostgres, ownPostgres } from './own-postgres.js';
import type { Program } from './program.js';

export interface KillsPlan {
  readonly messages: number;
  readonly kills: number;
  readonly restarts: number;
  readonly onUncertain: 'RETRY' | 'HOLD';
  /** Of a gateway that errs, hangs and babbles, where it does not answer everything at once: more answers come than are settled. */
  readonly swift?: boolean;
  /** Of an exchange: one where it is left out; beside other tests an answer may take longer, and would count as lost. */
  readonly timeoutSeconds?: number;
  /** The dead worker's leases are made to end: half a minute is not waited for. */
  readonly leasesEndEarly?: boolean;
  /** Once the blows are over, the minutes between late attempts are not waited for. */
  readonly retriesComeEarly?: boolean;
}

export interface KillsResult {
  readonly faults: readonly string[];
  /** In a sentence. */
  readonly seen: string;
}

/** A kill or a restart: from its beginning to the moment at which it was over, by this machine's clock. */
interface Blow {
  readonly kind: 'kill' | 'restart';
  readonly from: number;
  readonly to: number;
}

interface Claimed {
  readonly id: string;
  readonly epoch: number;
}

const workers = 2;
const concurrency = 64;
const bad = { mode: 'mixed', errors: 0.3, hangs: 0.1, garbage: 0.05 } as const;
const longestAbsence = 35_000;
/** After the longest exchange: an answer that is not settled by then is kept from it by something. */
const settlingTakes = 2_000;
/** What a dead worker had asked is answered all the same, late where the gateway has much to do. */
const requestsLinger = 1_000;

export async function runKills(plan: KillsPlan, say: (line: string) => void): Promise<KillsResult> {
  const postgres = await ownPostgres();
  const gateway = await startGateway(plan.swift ? { mode: 'ok' } : bad);
  try {
    const stage = await MailingStage.open({
      databaseUrl: postgres.url,
      gatewayUrl: gateway.url,
      workers,
      settings: { MESSAGE_TIMEOUT: `${plan.timeoutSeconds ?? 1}s`, MESSAGE_CONCURRENCY: String(concurrency) },
    });
    try {
      return await new Run({ plan, stage, postgres, gateway, say }).toEnd();
    } finally {
      await stage.close();
    }
  } finally {
    await gateway.stop();
    await postgres.stop();
  }
}

interface Surroundings {
  readonly plan: KillsPlan;
  readonly stage: MailingStage;
  readonly postgres: OwnPostgres;
  readonly gateway: TestGateway;
  readonly say: (line: string) => void;
}

class Run {
  readonly #faults: string[] = [];
  readonly #blows: Blow[] = [];
  readonly #absences: Promise<number>[] = [];
  #mailing = '';

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  private readonly surroundings: Surroundings;

  get #settledWithin(): number {
    return (this.surroundings.plan.timeoutSeconds ?? 1) * 1_000 + settlingTakes;
  }

  async toEnd(): Promise<KillsResult> {
    const { plan, stage, gateway } = this.surroundings;
    await stage.addClients(plan.messages, 'everybody');
    const { onUncertain } = plan;
    this.#mailing = await stage.createMailing({ text: 'Good evening', tag: 'everybody', onUncertain });
    for (const { kind, at } of this.#moments()) {
      await this.#settled(at);
      if (kind === 'kill') await this.#kill();
      else await this.#restart();
    }
    const end = await this.#end();
    const absences = await Promise.all(this.#absences);
    await this.#judgeRows();
    const log = await gateway.log();
    const told = plan.onUncertain === 'RETRY' ? await this.#judgeRetry(log) : await this.#judgeHold(log);
    const seconds = ((end.finishedAt ?? 0) - (end.startedAt ?? 0)) / 1_000;
    const longest = Math.max(0, ...absences);
    return {
      faults: this.#faults,
      seen: `${plan.onUncertain}: ${end.sent} sent, ${end.uncertain} uncertain, ${log.length} requests in ${seconds.toFixed(0)} s; ${told}; the dead were away for ${(longest / 1_000).toFixed(1)} s at most`,
    };
  }

  /** In the order of how many messages are done then; nothing is left for the last tenth. */
  #moments(): { kind: Blow['kind']; at: number }[] {
    const { messages, kills, restarts } = this.surroundings.plan;
    const kinds = [...Array<'kill'>(kills).fill('kill'), ...Array<'restart'>(restarts).fill('restart')];
    return kinds
      .map((kind) => ({ kind, at: Math.ceil(messages * (0.03 + 0.85 * Math.random())) }))
      .sort((a, b) => a.at - b.at);
  }

  async #settled(count: number): Promise<void> {
    const { stage } = this.surroundings;
    for (const deadline = Date.now() + 300_000; ; await sleep(20)) {
      const { sent, uncertain } = await stage.mailing(this.#mailing);
      if (sent + uncertain >= count) return;
      if (Date.now() > deadline) throw new Error(`${count} messages were not settled within 5 minutes`);
    }
  }

  async #kill(): Promise<void> {
    const { plan, stage, say } = this.surroundings;
    const victim = stage.workers[Math.floor(Math.random() * stage.workers.length)] as Program;
    const from = Date.now();
    await stage.killWorker(victim);
    this.#blows.push({ kind: 'kill', from, to: Date.now() });
    const held = await this.#underWay();
    this.#absences.push(this.#moveOn(held, from));
    await stage.startWorker();
    say(`killed a worker; ${held.length} messages were under way`);
    if (plan.leasesEndEarly) await this.#endLeases(held);
  }

  async #restart(): Promise<void> {
    const { postgres, say } = this.surroundings;
    const from = Date.now();
    await postgres.restart();
    this.#blows.push({ kind: 'restart', from, to: Date.now() });
    say(`restarted PostgreSQL in ${Date.now() - from} ms`);
  }

  async #end(): Promise<MailingNow> {
    const { plan, stage } = this.surroundings;
    const over = stage.over(this.#mailing, 1_800_000);
    let isOver = false;
    const watched = over.finally(() => (isOver = true)).catch(() => undefined);
    while (plan.retriesComeEarly && !isOver) {
      await stage.query(
        `update message set next_at = now() where mailing_id = $1 and next_at > now() and next_at < 'infinity'`,
        [this.#mailing],
      );
      await Promise.race([watched, sleep(1_000)]);
    }
    await over;
    return stage.finished(this.#mailing, longestAbsence);
  }

  #underWay(of?: readonly Claimed[]): Promise<Claimed[]> {
    return this.surroundings.stage.query<Claimed>(
      `select m.id, m.lease_epoch as epoch from message m join mailing g on g.id = m.mailing_id where g.id = $1 and ${isUnderWay}
         and ($2::bigint[] is null or (m.id, m.lease_epoch) in (select * from unnest($2::bigint[], $3::int[])))`,
      [this.#mailing, of?.map(({ id }) => id) ?? null, of?.map(({ epoch }) => epoch) ?? null],
    );
  }

  /** How long it takes until none of them is where the dead left it. */
  async #moveOn(held: readonly Claimed[], from: number): Promise<number> {
    let left = held;
    while (left.length > 0 && Date.now() - from < 2 * longestAbsence) {
      await sleep(200);
      left = await this.#underWay(left);
    }
    const absence = Date.now() - from;
    if (absence > longestAbsence)
      this.#faults.push(`${left.length} messages of a dead worker waited for ${absence} ms`);
    return absence;
  }

  async #endLeases(held: readonly Claimed[]): Promise<void> {
    await sleep(this.#settledWithin);
    const left = await this.#underWay(held);
    await this.surroundings.stage.query(
      `update message_lease set lease_until = now() - interval '1 s' where mailing_id = $1 and ids && $2::bigint[]`,
      [this.#mailing, left.map(({ id }) => id)],
    );
  }

  /** The counters are what the messages say, and every program but the killed ones still runs. */
  async #judgeRows(): Promise<void> {
    const { plan, stage } = this.surroundings;
    const now = await stage.mailing(this.#mailing);
    const counted = await stage.counted(this.#mailing);
    for (const status of [
      'queued',
      'sending',
      'sent',
      'failed',
      'expired',
      'cancelled',
      'suppressed',
      'uncertain',
    ] as const)
      if (now[status] !== (counted[status] ?? 0))
        this.#faults.push(`${status}: the counter says ${now[status]}, the messages ${counted[status] ?? 0}`);
    if (now.planned !== plan.messages) this.#faults.push(`${now.planned} of ${plan.messages} were planned`);
    if (now.status !== 'COMPLETED') this.#faults.push(`the mailing is ${now.status}`);
    const expected = plan.onUncertain === 'RETRY' ? now.sent : now.sent + now.uncertain;
    if (expected !== plan.messages)
      this.#faults.push(`of ${plan.messages}, ${now.sent} were sent, ${now.uncertain} uncertain`);
    const [attempts] = await stage.query<{ n: number }>(
      'select sum(attempts)::int as n from message where mailing_id = $1',
      [this.#mailing],
    );
    if (attempts?.n !== now.attempts)
      this.#faults.push(`attempts: the counter says ${now.attempts}, the messages ${attempts?.n}`);
    for (const program of [stage.web, ...stage.workers])
      if (!program.isRunning) this.#faults.push(`a program ended by itself:\n${program.output}`);
  }

  /** Everybody was reached; who was asked again after an answer was owes it to a blow. */
  async #judgeRetry(log: readonly GatewayLogEntry[]): Promise<string> {
    const byId = Map.groupBy(log, ({ id }) => String(id));
    const reached = new Set(log.filter(({ outcome }) => outcome === 'ok').map(({ id }) => String(id)));
    const sent = await this.surroundings.stage.messageIds(this.#mailing, 'SENT');
    const lost = sent.filter((id) => !reached.has(id));
    if (lost.length > 0) this.#faults.push(`${lost.length} are said to be sent and never were, e.g. ${lost[0]}`);
    if (byId.size !== sent.length)
      this.#faults.push(`the gateway knows ${byId.size} ids, and ${sent.length} were sent`);
    const again = [...byId.values()].flatMap((asked) => asked.slice(0, -1).filter(({ outcome }) => outcome === 'ok'));
    this.#blame(again, 'were asked again after an OK');
    const twice = [...byId.values()].filter((asked) => asked.filter(({ accepted }) => accepted).length > 1);
    return `${reached.size} ids accepted, ${twice.length} of them twice, ${again.length} after an OK`;
  }

  /** Nobody was asked again once a request had been taken. */
  async #judgeHold(log: readonly GatewayLogEntry[]): Promise<string> {
    const byId = Map.groupBy(log, ({ id }) => String(id));
    const again = [...byId.values()].filter((asked) => asked.slice(0, -1).some(({ accepted }) => accepted));
    if (again.length > 0) this.#faults.push(`${again.length} were asked again, e.g. ${again[0]?.[0]?.id}`);
    const sent = new Set(await this.surroundings.stage.messageIds(this.#mailing, 'SENT'));
    const last = [...byId.values()].flatMap((asked) => asked.slice(-1));
    const wrong = last.filter(({ id, outcome }) => sent.has(String(id)) !== (outcome === 'ok'));
    const unheard = wrong.filter(({ id }) => !sent.has(String(id)));
    if (unheard.length < wrong.length)
      this.#faults.push(`${wrong.length - unheard.length} are said to be sent and were not answered`);
    this.#blame(unheard, 'were answered and are held');
    const unasked = (await this.surroundings.stage.messageIds(this.#mailing, 'UNCERTAIN')).filter(
      (id) => !byId.has(id),
    ).length;
    return `nobody twice; of the held, ${unheard.length} had been answered and ${unasked} never asked`;
  }

  /** Each of these answers came when somebody was about to die, and no blow costs more than what can be under way. */
  #blame(answers: readonly GatewayLogEntry[], what: string): void {
    const within = this.#settledWithin;
    const margin = { kill: requestsLinger, restart: within };
    const byBlow = Map.groupBy(answers, ({ at }) =>
      this.#blows.find(({ kind, from, to }) => at >= from - within && at <= to + margin[kind]),
    );
    for (const [blow, { length }] of byBlow) {
      if (!blow) this.#faults.push(`${length} ${what}, and nothing had happened`);
      else if (length > concurrency) this.#faults.push(`${length} ${what} because of one ${blow.kind}`);
    }
  }
}
