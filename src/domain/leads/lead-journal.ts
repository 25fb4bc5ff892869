// What was refused, counted for `leadIntake`: how many and why, never who. Written each second, so that a flood of refused
// attempts costs the database one row a second; what was accepted is written with the lead itself.
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';
import { WrittenOnce } from '../written-once.js';

export type RefusedAs = 'DUPLICATE' | 'INVALID' | 'LIMITED';

export class LeadJournal {
  readonly #counts = new Map<string, number>();
  readonly #writer: WrittenOnce<Count>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    db: Rows,
    private readonly log: Logger,
  ) {
    this.#writer = new WrittenOnce<Count>({
      ...{ db, table: 'lead_attempt' },
      next: () => {
        const counts = [...this.#counts];
        this.#counts.clear();
        return counts;
      },
      insert: (ids, counts) => db.rows(insertSql, [ids, counts.map(([key]) => key), counts.map(([, count]) => count)]),
    });
  }

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
    try {
      await this.#writer.write();
    } catch (error) {
      this.log.warn({ err: error }, 'could not write the journal of leads; trying again');
      this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
    }
  }
}

/** How it ended, with its reasons, as JSON; how often. */
type Count = readonly [key: string, count: number];

const writeEveryMs = 1_000;

const insertSql = `
  insert into lead_attempt (id, outcome, reasons, count)
  select e.id, e.key ->> 0, array(select jsonb_array_elements_text(e.key -> 1)), e.count
  from unnest($1::bigint[], $2::jsonb[], $3::int[]) as e (id, key, count)
  on conflict (id) do nothing`;
