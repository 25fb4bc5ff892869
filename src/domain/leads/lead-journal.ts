// What was refused, counted for `leadIntake`: how many and why, never who. Written each second, so that a flood of refused
// attempts costs the database one row a second; what was accepted is written with the lead itself.
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';

export type RefusedAs = 'DUPLICATE' | 'INVALID' | 'LIMITED';

export class LeadJournal {
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Rows,
    private readonly log: Logger,
  ) {}

  note(outcome: RefusedAs, reasons: readonly string[] = []): void {
    const key = JSON.stringify([outcome, reasons]);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const entries = [...this.#counts];
    if (entries.length === 0) return;
    this.#counts.clear();
    try {
      await this.db.rows(
        `insert into lead_attempt (outcome, reasons, count)
         select e.key ->> 0, array(select jsonb_array_elements_text(e.key -> 1)), e.count
         from unnest($1::jsonb[], $2::int[]) as e (key, count)`,
        [entries.map(([key]) => key), entries.map(([, count]) => count)],
      );
    } catch (error) {
      this.log.warn({ err: error }, 'could not write the journal of leads; trying again');
      for (const [key, count] of entries) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
      this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
    }
  }
}

const writeEveryMs = 1_000;
