// Do not contact: by number and channel, asked at each claim.
import type { Keys } from '../../auth/keys.js';
import { seesPhones } from '../../auth/masking.js';
import { actorOf } from '../../auth/viewer.js';
import { type Channel, channels, type SuppressionSource } from '../../entities/mailing.enums.js';
import { badInput, notFound } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import type { BatchCounts } from './client-batch.js';
import {
  type SuppressInput,
  type SuppressionFilter,
  type SuppressionImportRow,
  suppressInput,
  suppressionFilterInput,
} from './suppression.inputs.js';
import { type SuppressionRow, suppressionColumns } from './suppression.rows.js';

export interface SuppressionPorts {
  readonly keys: Keys;
}

export class SuppressionService {
  constructor(
    private readonly work: Work,
    private readonly ports: SuppressionPorts,
  ) {}

  /** Newest first. */
  async list(filter: SuppressionFilter, args: PageArgs): Promise<Page<SuppressionRow>> {
    const { phone, channel } = parseInput(suppressionFilterInput, filter);
    const where: string[] = [];
    const params: string[] = [];
    if (phone != null) {
      this.#demandSight(phone);
      params.push(phone);
      where.push(`${phone.length === 4 ? 'right(s.phone, 4)' : 's.phone'} = $${params.length}`);
    }
    if (channel != null) {
      params.push(channel);
      where.push(`s.channel = $${params.length}`);
    }
    return pageOf<SuppressionRow>(
      this.work,
      {
        ...{ select: suppressionColumns, from: 'suppression s', where, params },
        ...{ key: [['s.id', 'bigint']], direction: 'desc' },
      },
      args,
    );
  }

  async get(id: string): Promise<SuppressionRow> {
    const [row] = isId(id)
      ? await this.work.rows<SuppressionRow>(`select ${suppressionColumns} from suppression s where s.id = $1`, [id])
      : [];
    if (!row) throw notFound('The suppression');
    return row;
  }

  /** A pair that is known stays as it is, but for a new note. One row for each channel, in the order of the channels. */
  suppress(input: SuppressInput, idempotencyKey?: string | null): Promise<SuppressionRow[]> {
    const wanted = parseInput(suppressInput, input);
    const call = {
      actor: actorOf(this.work.viewer),
      operation: 'suppress',
      key: idempotencyKey,
      input: wanted,
    };
    return this.work.write(async (tx) => {
      const { row } = await once<Pairs>(tx, this.ports.keys, call, {
        create: () => keep(tx, wanted),
        find: () => pairsOf(tx, wanted),
      });
      return row.rows;
    });
  }

  async unsuppress(id: string): Promise<void> {
    await this.work.write(async (tx) => {
      const [gone] = isId(id) ? await tx.rows('delete from suppression where id = $1 returning id', [id]) : [];
      if (!gone) throw notFound('The suppression');
      tx.audit('unsuppress', `suppression:${id}`);
    });
  }

  /** For imports, which leave an audit entry of their own. */
  async addMany(tx: Transaction, rows: readonly SuppressionImportRow[]): Promise<BatchCounts> {
    const pairs = rows.flatMap(({ channel, ...row }) =>
      (channel ? [channel] : channels).map((each) => ({ ...row, channel: each })),
    );
    const kept = await upsert(tx, 'IMPORT', pairs);
    const added = new Set(kept.filter((row) => row.added).map(keyOf));
    const created = rows.filter(({ phone, channel }) =>
      // Of a pair that comes twice the first row made it. No short cut: each pair of the row has to be taken out.
      (channel ? [channel] : channels).map((each) => added.delete(keyOf({ phone, channel: each }))).includes(true),
    ).length;
    return { created, updated: rows.length - created };
  }

  /** On which channels each number must not be contacted; numbers that may be are left out. */
  async channelsOf(phones: readonly string[]): Promise<Map<string, Channel[]>> {
    const rows = await this.work.rows<{ phone: string; channels: Channel[] }>(
      'select phone, array_agg(channel) as channels from suppression where phone = any($1::text[]) group by phone',
      [phones],
    );
    return new Map(rows.map((row) => [row.phone, channels.filter((channel) => row.channels.includes(channel))]));
  }

  /** Whether a whole number is known is more than its last four digits. */
  #demandSight(phone: string): void {
    if (phone.length === 4 || seesPhones(this.work.viewer)) return;
    throw badInput('phone', 'MASKED', 'this account sees the last four digits of numbers: ask by those');
  }
}

interface Pair {
  readonly phone: string;
  readonly channel: Channel;
  readonly note?: string | null | undefined;
}

interface Pairs {
  readonly id: string;
  readonly rows: SuppressionRow[];
}

interface WantedPairs extends Omit<Pair, 'channel'> {
  readonly channels: readonly Channel[];
}

const keyOf = ({ phone, channel }: Pick<Pair, 'phone' | 'channel'>): string => `${phone} ${channel}`;

async function keep(tx: Transaction, wanted: WantedPairs): Promise<Pairs> {
  const { phone, note } = wanted;
  const kept = await upsert(
    tx,
    'STAFF',
    wanted.channels.map((channel) => ({ phone, channel, note })),
  );
  for (const { id, added } of kept)
    tx.audit('suppress', `suppression:${id}`, { changed: added ? ['channel', 'note'] : ['note'] });
  return pairsOf(tx, wanted);
}

async function pairsOf(tx: Transaction, { phone, channels: of }: WantedPairs): Promise<Pairs> {
  const rows = await tx.rows<SuppressionRow>(
    `select ${suppressionColumns} from suppression s where s.phone = $1 and s.channel = any($2::text[])
     order by array_position($2::text[], s.channel)`,
    [phone, of],
  );
  const [first] = rows;
  if (!first) throw notFound('The suppression');
  return { id: first.id, rows };
}

interface KeptPair extends Pick<SuppressionRow, 'id' | 'phone' | 'channel'> {
  readonly added: boolean;
}

/** Those that were added, or got another note. */
function upsert(tx: Transaction, source: SuppressionSource, pairs: readonly Pair[]): Promise<KeptPair[]> {
  const notes = new Map<string, Pair>();
  for (const pair of pairs) notes.set(keyOf(pair), { ...pair, note: pair.note || notes.get(keyOf(pair))?.note });
  const given = [...notes.values()];
  return tx.rows<KeptPair>(
    `insert into suppression as s (phone, channel, note, source)
     select phone, channel, note, $4 from unnest($1::text[], $2::text[], $3::text[]) as g (phone, channel, note) order by phone, channel desc
     on conflict (phone, channel) do update set note = excluded.note
     where excluded.note is not null and s.note is distinct from excluded.note
     returning s.id, s.phone, s.channel, s.xmax = 0 as added`,
    [
      given.map(({ phone }) => phone),
      given.map(({ channel }) => channel),
      given.map(({ note }) => note ?? null),
      source,
    ],
  );
}
