// Who is turned away, as this process knows it: the list is read every five seconds, so that no request asks the database
// for it, and stays as it was while the database is away. Counts hits, and writes them each second.
import { AddressRanges } from '../../shared/address-ranges.js';
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';

export interface AddressBlocksOptions {
  readonly db: Rows;
  readonly log: Logger;
  readonly onHit: () => void;
}

interface Block {
  readonly id: string;
  readonly cidr: string;
  readonly expiresAt: Date | null;
}

export class AddressBlocks {
  #ranges = new AddressRanges<Block>([]);
  #loading: Promise<void> = Promise.resolve();
  #next: NodeJS.Timeout | undefined;
  readonly #hits = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();
  #write: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: AddressBlocksOptions) {}

  async start(): Promise<void> {
    await this.#load();
    this.#lookAgain();
  }

  /** Whether nothing is answered to this address; counts it. */
  turnsAway(address: string): boolean {
    const now = Date.now();
    const block = this.#ranges.around(address).find(({ expiresAt }) => expiresAt === null || expiresAt.getTime() > now);
    if (!block) return false;
    this.#hits.set(block.id, (this.#hits.get(block.id) ?? 0) + 1);
    if (!this.#closed) this.#write ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
    this.options.onHit();
    return true;
  }

  /** After a change made here; other processes notice it by themselves. Never rejects. */
  reload(): Promise<void> {
    // Not joined: one under way may have read what was there before.
    this.#loading = this.#loading
      .then(() => this.#load())
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'could not read the blocked addresses'));
    return this.#loading;
  }

  flush(): Promise<void> {
    clearTimeout(this.#write);
    this.#write = undefined;
    this.#writing = this.#writing.then(() => this.#writeHits());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#next);
    await Promise.all([this.#loading, this.flush()]);
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#next = setTimeout(() => void this.reload().then(() => this.#lookAgain()), lookEveryMs).unref();
  }

  async #load(): Promise<void> {
    const blocks = await this.options.db.rows<Block>(
      `select id, cidr::text, expires_at as "expiresAt" from blocked_ip where expires_at is null or expires_at > now()
       order by automatic, id desc limit ${mostBlocks}`,
    );
    this.#ranges = new AddressRanges(blocks.map((block) => [block.cidr, block]));
  }

  async #writeHits(): Promise<void> {
    const hits = [...this.#hits];
    if (hits.length === 0) return;
    this.#hits.clear();
    try {
      await this.options.db.rows(writeHitsSql, [hits.map(([id]) => id), hits.map(([, count]) => count)]);
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not count who was turned away; trying again');
      for (const [id, count] of hits) this.#hits.set(id, (this.#hits.get(id) ?? 0) + count);
      if (!this.#closed) this.#write ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
    }
  }
}

/** Who has many addresses must not make the list longer than it can be read in passing: those by hand first, the latest first. */
const mostBlocks = 10_000;
const lookEveryMs = 5_000;
const writeEveryMs = 1_000;

/** Locked in one order, because every process writes its own. The count stays where its type ends. */
const writeHitsSql = `
  with hit as (
    select b.id, h.count from unnest($1::bigint[], $2::bigint[]) as h (id, count) join blocked_ip b on b.id = h.id
    order by b.id for no key update of b)
  update blocked_ip b set hits = least(b.hits + hit.count, 2147483647) from hit where b.id = hit.id`;
