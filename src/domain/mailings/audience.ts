// Who a mailing is for: keys are combined with AND, values in one key with OR, empty ones do not restrict. No I/O.

export interface Audience {
  readonly operatorCodes: readonly string[];
  readonly tags: readonly string[];
}

export interface AudienceCondition {
  readonly where: string[];
  readonly params: unknown[];
}

/** About `client c`; only what restricts becomes a condition, so that an index can serve it. */
export function audienceCondition({ operatorCodes, tags }: Audience, firstParam = 1): AudienceCondition {
  const where = ['c.hidden_at is null'];
  const params: unknown[] = [];
  for (const [column, values] of [
    ['c.operator_code', operatorCodes],
    ['c.tag', tags],
  ] as const) {
    if (values.length === 0) continue;
    where.push(`${column} = any($${firstParam + params.length}::text[])`);
    params.push(values);
  }
  return { where, params };
}
