// Who was shown people's data, told to the audit log once for each operation and a moment after it: ids and names of fields,
// never what was read. In batches, so that reading costs no write of its own.
import { actorOf } from '../../auth/viewer.js';
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';
import type { Work } from '../work.js';
import { WrittenOnce } from '../written-once.js';

export type Reading =
  /** What was asked for by its id, as the log spells it: lead:7. */
  | { readonly subjects: readonly string[] }
  /** A list, and the names of the fields that it was searched by. */
  | { readonly searched: readonly string[] }
  /** Whatever happens from now on. */
  | { readonly stream: true };

interface Noted {
  readonly at: Date;
  readonly actor: string;
  readonly subjects: Set<string>;
  searched: Set<string> | undefined;
  stream: boolean;
}

export class ReadAudit {
  /** By operation. What an operation reads within the time between two batches is in one entry, because each waits for one more. */
  #fresh = new Map<Work, Noted>();
  #settled = new Map<Work, Noted>();
  readonly #due: Noted[] = [];
  readonly #writer: WrittenOnce<Noted>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    /** As the log names it. */
    action: string,
    db: Rows,
    private readonly log: Logger,
  ) {
    this.#writer = new WrittenOnce({
      ...{ db, table: 'audit_entry' },
      next: () => this.#due.splice(0),
      insert: (ids, due) =>
        db.rows(insertSql, [action, JSON.stringify(due.map((noted, n) => ({ id: ids[n], ...entryOf(noted) })))]),
    });
  }

  note(work: Work, reading: Reading): void {
    const noted = this.#fresh.get(work) ?? this.#settled.get(work) ?? this.#begin(work);
    if ('subjects' in reading) for (const subject of reading.subjects) noted.subjects.add(subject);
    else if ('searched' in reading) noted.searched = new Set([...(noted.searched ?? []), ...reading.searched]);
    else noted.stream = true;
  }

  /** Everything, at once: before the program ends. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#settle();
    this.#settle();
    return this.#write();
  }

  #begin(work: Work): Noted {
    const noted = {
      at: work.now(),
      actor: actorOf(work.viewer),
      subjects: new Set<string>(),
      searched: undefined,
      stream: false,
    };
    this.#fresh.set(work, noted);
    this.#wait();
    return noted;
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#settle();
      if (this.#settled.size > 0) this.#wait();
      void this.#write();
    }, settleMs).unref();
  }

  #settle(): void {
    this.#due.push(...this.#settled.values());
    this.#settled = this.#fresh;
    this.#fresh = new Map();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeDue());
    return this.#writing;
  }

  async #writeDue(): Promise<void> {
    try {
      await this.#writer.write();
    } catch (error) {
      this.log.warn({ err: error }, 'could not write to the audit log who read; trying again');
      this.#wait();
    }
  }
}

/** An entry waits once or twice as long. */
const settleMs = 400;

const insertSql = `
  insert into audit_entry (id, at, actor, action, subject, detail)
  select id, at, actor, $1, subject, detail
  from jsonb_to_recordset($2::jsonb) as e (id bigint, at timestamptz, actor text, subject text, detail jsonb)
  on conflict (id) do nothing`;

function entryOf({ at, actor, subjects, searched, stream }: Noted): object {
  const [first = null, ...others] = subjects;
  const alone = others.length === 0;
  const detail = {
    ...(alone ? {} : { subjects: [...subjects] }),
    ...(searched && { searched: [...searched] }),
    ...(stream && { stream }),
  };
  return { at, actor, subject: alone ? first : null, detail: Object.keys(detail).length > 0 ? detail : null };
}
