// Keyset pages in both directions: right while rows are added, and as quick on the last page as on the first.
import { z } from 'zod';
import { badInput, isError } from '../shared/errors.js';
import type { Work } from './work.js';

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
  /** So many are passed over: for a door that counts instead of taking cursors. */
  readonly skip?: number | undefined;
}

export interface Page<Row> {
  readonly edges: { cursor: string; node: Row }[];
  readonly nodes: Row[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  /** Costs a query, so it is asked only where it was selected. */
  count(): Promise<number>;
}

export interface PageQuery {
  /** Column list with aliases. */
  readonly select: string;
  readonly from: string;
  /** Conditions with $1 …, numbered in the order of `params`. */
  readonly where?: readonly string[];
  readonly params?: readonly unknown[];
  /** Columns with their types, unique together, all in one direction: [['created_at', 'timestamptz'], ['id', 'bigint']]. */
  readonly key: readonly (readonly [column: string, type: string])[];
  readonly direction: 'asc' | 'desc';
}

export const maxPageSize = 100;
export const defaultPageSize = 20;

export async function pageOf<Row extends object>(work: Work, query: PageQuery, args: PageArgs): Promise<Page<Row>> {
  const { size, backward, cursor } = readArgs(args, query.key.length);
  const params = [...(query.params ?? [])];
  const where = [...(query.where ?? [])];
  const descending = (query.direction === 'desc') !== backward;
  if (cursor) {
    const values = query.key.map(([, type], i) => `$${params.length + i + 1}::${type}`);
    params.push(...cursor);
    where.push(`(${columns(query)}) ${descending ? '<' : '>'} (${values.join(', ')})`);
  }
  const order = query.key.map(([column]) => `${column} ${descending ? 'desc' : 'asc'}`).join(', ');
  const cursorOf = query.key.map(([column]) => `(${column})::text`).join(', ');
  const skipping = args.skip ? ` offset $${params.push(args.skip)}` : '';
  const sql = `select ${query.select}, array[${cursorOf}] as "cursor" from ${query.from}${clause(where)} order by ${order} limit ${size + 1}${skipping}`;
  const found = await work.rows<Row & { cursor: string[] }>(sql, params).catch((error: unknown) => {
    throw cursor && isBadValue(error) ? noCursor(backward ? 'before' : 'after') : error;
  });
  const rows = found.slice(0, size);
  if (backward) rows.reverse();
  const edges = rows.map((node) => ({ cursor: encodeCursor(node.cursor), node }));
  return {
    edges,
    nodes: rows,
    pageInfo: {
      hasNextPage: backward ? cursor !== undefined : found.length > size,
      hasPreviousPage: backward ? found.length > size : cursor !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    count: () => countOf(work, query),
  };
}

async function countOf(work: Work, { from, where = [], params = [] }: PageQuery): Promise<number> {
  const [row] = await work.rows<{ count: string }>(`select count(*) as count from ${from}${clause(where)}`, params);
  return Number(row?.count ?? 0);
}

const columns = (query: PageQuery): string => query.key.map(([column]) => column).join(', ');
const clause = (where: readonly string[]): string => (where.length > 0 ? ` where ${where.join(' and ')}` : '');

interface ReadArgs {
  readonly size: number;
  readonly backward: boolean;
  readonly cursor: string[] | undefined;
}

function readArgs({ first, after, last, before }: PageArgs, keyLength: number): ReadArgs {
  if (first != null && last != null) throw badInput('last', 'EXCLUSIVE', 'give first or last, not both');
  if (after != null && before != null) throw badInput('before', 'EXCLUSIVE', 'give after or before, not both');
  const backward = last != null || (before != null && first == null);
  if (backward && after != null) throw badInput('after', 'EXCLUSIVE', 'after goes with first');
  if (!backward && before != null) throw badInput('before', 'EXCLUSIVE', 'before goes with last');
  const name = backward ? 'last' : 'first';
  const size = (backward ? last : first) ?? defaultPageSize;
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    throw badInput(name, 'OUT_OF_RANGE', `expected 1 to ${maxPageSize}`);
  }
  const text = backward ? before : after;
  return {
    size,
    backward,
    cursor: text == null ? undefined : decodeCursor(text, keyLength, backward ? 'before' : 'after'),
  };
}

const noCursor = (argument: string) => badInput(argument, 'CURSOR', 'this is no cursor of this list');

/** SQLSTATE class 22: a made-up cursor may hold what is no value of its column. */
const isBadValue = (error: unknown): boolean =>
  isError(error) && 'code' in error && typeof error.code === 'string' && error.code.startsWith('22');

const encodeCursor = (key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const cursorSchema = z.array(
  z
    .string()
    .max(1_000)
    .regex(/^[^\0]*$/),
);

function decodeCursor(cursor: string, length: number, argument: string): string[] {
  try {
    const key = cursorSchema.length(length).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return key;
  } catch {
    throw noCursor(argument);
  }
}
