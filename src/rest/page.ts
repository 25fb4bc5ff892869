// Pages of REST lists: ?limit=&after= in, Link: rel="next" out. No I/O.
import { z } from 'zod';
import type { Page } from '../domain/page.js';
import { badInput } from '../shared/errors.js';

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Items a page.'),
  after: z.string().max(1_000).optional().describe('Taken from the `Link: rel="next"` header of the page before.'),
});

/** A parameter that may be given more than once. */
export const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given));

/** The same, of a set of words. */
export const oneOrMoreOf = <Word extends string>(words: readonly Word[]) =>
  z
    .union([z.enum(words), z.array(z.enum(words))])
    .transform((given): Word[] => (Array.isArray(given) ? given : [given]));

/** What a service's page and a slice of a short list have in common. */
export interface ListPage<Row> {
  readonly nodes: Row[];
  readonly pageInfo: Pick<Page<Row>['pageInfo'], 'hasNextPage' | 'endCursor'>;
}

/** A page of a list that is short enough to be read as a whole. */
export function slice<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { limit, after }: z.output<typeof pageQuery>,
): ListPage<Row> {
  const seen = after === undefined ? -1 : rows.findIndex(({ id }) => id === after);
  if (after !== undefined && seen < 0) throw badInput('after', 'CURSOR', 'this is no cursor of this list');
  const from = seen + 1;
  const nodes = rows.slice(from, from + limit);
  return { nodes, pageInfo: { hasNextPage: rows.length > from + limit, endCursor: nodes.at(-1)?.id ?? null } };
}

export function linkToNext(url: string, { pageInfo }: Pick<ListPage<unknown>, 'pageInfo'>): string | undefined {
  if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return undefined;
  const next = new URL(url, 'http://host');
  next.searchParams.set('after', pageInfo.endCursor);
  return `<${next.pathname}${next.search}>; rel="next"`;
}
