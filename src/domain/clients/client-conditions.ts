// Which clients a list shows and in which order. Who may not see numbers finds nobody by more of one than its last four digits,
// and meets no digits in cursors either. No I/O.
import type { ClientOrder } from '../../entities/mailing.enums.js';
import { phoneDigits } from '../../shared/phone.js';
import { type AudienceCondition, audienceCondition } from '../mailings/audience.js';
import type { PageQuery } from '../page.js';
import type { ClientFilter } from './client.inputs.js';

/** About `client c`; hidden ones are in no list. */
export function clientCondition(filter: ClientFilter | undefined, seesPhones: boolean): AudienceCondition {
  const { where, params } = audienceCondition({
    operatorCodes: filter?.operatorCodes ?? [],
    tags: filter?.tags ?? [],
  });
  if (!filter?.search) return { where, params };
  const found = searchCondition(filter.search, seesPhones, params.length);
  return { where: [...where, found.where], params: [...params, ...found.params] };
}

export function clientOrder(order: ClientOrder, seesPhones: boolean): Pick<PageQuery, 'key' | 'direction'> {
  if (order !== 'PHONE') return { key: [['c.id', 'bigint']], direction: order === 'NEWEST' ? 'desc' : 'asc' };
  if (seesPhones) return { key: [['c.phone', 'text']], direction: 'asc' };
  return {
    key: [
      ['right(c.phone, 4)', 'text'],
      ['c.id', 'bigint'],
    ],
    direction: 'asc',
  };
}

interface SearchCondition {
  readonly where: string;
  readonly params: readonly string[];
}

/** A whole number, however spelled, is looked up by itself; anything else is part of a name, a tag or a number. */
function searchCondition(search: string, seesPhones: boolean, params: number): SearchCondition {
  const isNumber = /^[\d\s()+.-]+$/.test(search);
  const whole = seesPhones && isNumber ? phoneDigits(search) : undefined;
  if (whole) return { where: `c.phone = $${params + 1}`, params: [whole] };
  const text = `c.name ilike $${params + 1} or c.tag ilike $${params + 1}`;
  const pattern = partOf(search);
  const digits = search.replace(/\D/g, '');
  if (seesPhones && isNumber && digits) {
    return { where: `(${text} or c.phone like $${params + 2})`, params: [pattern, partOf(digits)] };
  }
  if (/^\d{4}$/.test(search)) {
    return { where: `(${text} or right(c.phone, 4) = $${params + 2})`, params: [pattern, search] };
  }
  return { where: `(${text})`, params: [pattern] };
}

const partOf = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
