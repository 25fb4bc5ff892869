// One piece of work for one viewer: its rows, its one short transaction, and what happens after the commit.
// Services get it from app.unit(); nothing else opens a transaction, publishes or schedules.
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import type { Pool } from 'pg';
import { actorOf, type Viewer } from '../auth/viewer.js';
import type { JobName, JobPayload } from '../jobs/catalog.js';
import type { Clock } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import { type NewEvent, recordEvents } from './live/event-log.js';

/** What every piece of work shares; built once by app.ts. */
export interface Surroundings {
  readonly orm: MikroORM;
  /** The pool that the ORM uses too: lists and batches read plain rows from it. */
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  /** Numbers the committed events and wakes the hubs; never rejects. */
  readonly wakeHubs: () => void;
  /** A moment later, once for many: where so much is written that numbering after each would cost more than the writing. */
  readonly wakeHubsSoon: () => void;
  /** Hands a nudge to the scheduler; a lost nudge is made good by a tick, so it never rejects. */
  readonly nudge: <N extends JobName>(name: N, payload: JobPayload<N>, at: Date) => void;
}

export class Work {
  /** Whether what was asked for had been done before, for the same idempotency key: the answer says so. */
  isRepeated = false;
  #em: EntityManager | undefined;

  constructor(
    readonly viewer: Viewer,
    protected readonly surroundings: Surroundings,
  ) {}

  get em(): EntityManager {
    this.#em ??= this.surroundings.orm.em.fork();
    return this.#em;
  }

  get log(): Logger {
    return this.surroundings.log;
  }

  now(): Date {
    return this.surroundings.clock.now();
  }

  /** Plain rows, for lists and batches: $1 … in the SQL, aliases give the property names. */
  async rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.surroundings.pool.query<Row>(sql, [...params]);
    return rows;
  }

  /** A statement that is a transaction of its own, and has written its events by itself. Each text is planned once. */
  async tell<Row extends object>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    const name = statementNames.get(text) ?? `tell${statementNames.size}`;
    statementNames.set(text, name);
    const { rows } = await this.surroundings.pool.query<Row>({ name, text, values: [...params] });
    this.surroundings.wakeHubsSoon();
    return rows;
  }

  async write<T>(body: (tx: Transaction) => Promise<T>): Promise<T> {
    const fork = this.surroundings.orm.em.fork();
    const tx = new Transaction(fork, this.viewer, this.surroundings.clock);
    const result = await fork.transactional(async (em) => {
      tx.em = em;
      const value = await body(tx);
      await em.flush();
      await tx.flushSideEffects();
      return value;
    });
    if (tx.isRepeated) this.isRepeated = true;
    tx.afterCommit(this.surroundings);
    return result;
  }
}

const statementNames = new Map<string, string>();

/** An open transaction: what is published, audited or scheduled in it happens if, and only if, it commits. */
export class Transaction {
  isRepeated = false;
  readonly #events: NewEvent[] = [];
  readonly #audit: [action: string, subject: string | null, detail: object | null][] = [];
  readonly #nudges: ((surroundings: Surroundings) => void)[] = [];

  constructor(
    public em: EntityManager,
    private readonly viewer: Viewer,
    private readonly clock: Clock,
  ) {}

  /** As Work.rows, inside this transaction. */
  async rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.em.getKysely().executeQuery<Row>(CompiledQuery.raw(sql, [...params]));
    return rows;
  }

  publish(event: NewEvent): void {
    this.#events.push(event);
  }

  /** Ids and names of fields only: the log outlives the data. */
  audit(action: string, subject: string | null = null, detail: object | null = null): void {
    this.#audit.push([action, subject, detail]);
  }

  nudge<N extends JobName>(name: N, payload: JobPayload<N>, at: Date = this.clock.now()): void {
    this.#nudges.push((surroundings) => surroundings.nudge(name, payload, at));
  }

  async flushSideEffects(): Promise<void> {
    if (this.#audit.length > 0) {
      const entries = this.#audit.map(([action, subject, detail]) => ({ action, subject, detail }));
      await this.rows(
        `insert into audit_entry (actor, action, subject, detail)
         select $1, action, subject, detail from jsonb_to_recordset($2) as e (action text, subject text, detail jsonb)`,
        [actorOf(this.viewer), JSON.stringify(entries)],
      );
    }
    if (this.#events.length > 0) await recordEvents(this.em, this.#events);
  }

  afterCommit(surroundings: Surroundings): void {
    if (this.#events.length > 0) surroundings.wakeHubs();
    for (const nudge of this.#nudges) nudge(surroundings);
  }
}
