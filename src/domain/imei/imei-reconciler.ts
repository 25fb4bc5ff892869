// Finds out what became of exchanges whose answer was lost, or whose process died while asking, from the provider's own history,
// and of those that the provider still works on. Only what is certainly not there is asked again.
import type { ImeiProvider } from '../../gateways/imei/port.js';
import { hours } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import { Coalesced } from '../live/coalesced.js';
import type { Rows } from '../live/event-log.js';
import type { ImeiAsker } from './imei-asker.js';
import { type History, lookUp, type OurCheck } from './imei-lookup.js';
import type { DueExchange, ImeiQueue } from './imei-queue.js';

export interface ImeiReconcilerOptions {
  readonly provider: ImeiProvider;
  readonly queue: ImeiQueue;
  readonly db: Rows;
  readonly asker: Pick<ImeiAsker, 'handIn' | 'fail' | 'kick'>;
  readonly log: Logger;
  /** IMEI_TIMEOUT. */
  readonly timeoutMs: number;
}

export class ImeiReconciler {
  readonly #round: Coalesced;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(private readonly options: ImeiReconcilerOptions) {
    this.#round = new Coalesced(() => this.#lookAround(), {
      began: (error) => options.log.warn({ err: error }, 'could not find out what became of IMEI checks; trying again'),
      ended: () => options.log.info('what became of IMEI checks is found out again'),
    });
  }

  /** Everything that is due, and from then on whatever becomes due; what was asked for meanwhile as well. */
  async run(): Promise<void> {
    if (this.#stopped) return;
    this.#round.run();
    await this.#round.idle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round.idle();
  }

  async #lookAround(): Promise<void> {
    const due = await this.options.queue.due();
    const lost = due.filter(({ state }) => state === 'LOST');
    const waiting = due.filter(({ state }) => state === 'WAITING');
    await Promise.all([this.#findLost(lost), ...waiting.map((exchange) => this.#lookAfter(exchange))]);
    if (due.length > 0) this.options.asker.kick();
    await this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    const dueInMs = await this.options.queue.nextDueIn();
    clearTimeout(this.#timer);
    if (dueInMs === undefined || this.#stopped) return;
    const inMs = Math.min(Math.max(dueInMs, soonestMs), latestMs);
    this.#timer = setTimeout(() => void this.run(), inMs).unref();
  }

  /** One look into the history for all of them. */
  async #findLost(lost: readonly DueExchange[]): Promise<void> {
    if (lost.length === 0) return;
    const { provider, timeoutMs, log } = this.options;
    // Before the history is read: what was done meanwhile may not be in it.
    const newestOfOurs = await this.#newestOfOurs();
    const answer = await provider.history(timeoutMs);
    if (answer.kind !== 'answered') {
      log.warn({ reason: answer.reason, lost: lost.length }, "the IMEI provider's history can't be read; trying again");
      return;
    }
    const ours = await this.#oursAmong(answer.value.map(({ id }) => id));
    const history = { checks: answer.value, ours, newestOfOurs };
    for (const exchange of lost) await this.#conclude(exchange, history);
  }

  async #conclude(exchange: DueExchange, history: History): Promise<void> {
    const { asker, queue, log, timeoutMs } = this.options;
    const now = new Date();
    const finding = lookUp(exchange, history, { now, settledAfterMs: Math.max(leastSettling, 3 * timeoutMs) });
    log.info({ exchange: exchange.id, finding: typeof finding === 'string' ? finding : 'FOUND' }, 'a lost IMEI check');
    if (typeof finding !== 'string') return asker.handIn(exchange, finding.found);
    if (finding === 'ABSENT') {
      if (exchange.attempts < mostAttempts) return queue.giveBack(exchange, 0);
      return asker.fail(exchange, { code: 'UPSTREAM_FAILED', text: neverDone });
    }
    if (isTooOld(exchange, now))
      await asker.fail(exchange, { code: 'UPSTREAM_FAILED', text: neverFound, mayHaveCost: true });
  }

  async #lookAfter(exchange: DueExchange): Promise<void> {
    const { asker, provider, timeoutMs } = this.options;
    const answer = await provider.find(exchange.providerCheckId ?? '', timeoutMs);
    if (answer.kind === 'answered' && !isUnderWay(answer.value.status)) return asker.handIn(exchange, answer.value);
    if (isTooOld(exchange, new Date())) {
      await asker.fail(exchange, { code: 'UPSTREAM_FAILED', text: neverFinished, mayHaveCost: true });
    }
  }

  async #oursAmong(ids: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.options.db.rows<{ id: string; endedAt: Date }>(
      `select provider_check_id as id, coalesce(max(ended_at), clock_timestamp()) as "endedAt" from imei_exchange
       where provider_check_id = any($1::text[]) group by provider_check_id`,
      [ids],
    );
    return new Map(rows.map(({ id, endedAt }) => [id, endedAt]));
  }

  async #newestOfOurs(): Promise<OurCheck | undefined> {
    const [newest] = await this.options.db.rows<OurCheck>(
      `select e.provider_check_id as id, e.ended_at as "endedAt" from imei_exchange e
       where e.provider = $1 and e.state = 'ANSWERED' and e.provider_check_id is not null order by e.id desc limit 1`,
      [this.options.provider.name],
    );
    return newest;
  }
}

const mostAttempts = 3;
const leastSettling = 10_000;
/** A check that nobody can say anything about must not keep others from its device for ever. */
const givenUpAfter = hours(1);
const soonestMs = 100;
const latestMs = 60_000;

const isUnderWay = (status: string): boolean => status === 'waiting' || status === 'processing';
const isTooOld = ({ askedAt }: DueExchange, now: Date): boolean => now.getTime() - askedAt.getTime() > givenUpAfter;

const neverDone = 'The IMEI provider did not do this check, however often it was asked; nothing was charged.';
const neverFound =
  'The answer was lost, and the IMEI provider’s history does not tell what became of it: it may have been charged.';
const neverFinished = 'The IMEI provider did not finish this check within an hour: it may have been charged.';
