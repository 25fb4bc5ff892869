// Who waits in this process for a check to end: told at once of what ends here, and within a moment of what ends in another
// process, by one query for all of them.
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';

export class ImeiWaitingRoom {
  /** Several may wait for one check: an idempotency key that is sent again while the first one waits. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Rows,
    private readonly log: Logger,
    /** Each time that it looks: what nobody sees to may be seen to from here. */
    private readonly onLook: () => void,
  ) {}

  /** Until the check has ended, and no longer than that; who comes too late to be told is told by the next look. */
  wait(checkId: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const others = this.#waiting.get(checkId) ?? new Set();
      const end = (): void => {
        clearTimeout(timer);
        others.delete(end);
        if (others.size === 0) this.#waiting.delete(checkId);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#waiting.set(checkId, others.add(end));
      this.#timer ??= setTimeout(() => void this.#look(), lookEveryMs);
    });
  }

  tell(checkIds: readonly string[]): void {
    for (const id of checkIds) for (const end of [...(this.#waiting.get(id) ?? [])]) end();
  }

  /** Nobody waits any longer. */
  close(): void {
    clearTimeout(this.#timer);
    this.tell([...this.#waiting.keys()]);
  }

  async #look(): Promise<void> {
    try {
      this.onLook();
      const ended = await this.db.rows<{ id: string }>(
        'select id from imei_check where id = any($1::bigint[]) and completed_at is not null',
        [[...this.#waiting.keys()]],
      );
      this.tell(ended.map(({ id }) => id));
    } catch (error) {
      this.log.warn({ err: error }, 'could not look for the ends of IMEI checks; trying again');
    }
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => void this.#look(), lookEveryMs) : undefined;
  }
}

const lookEveryMs = 150;
