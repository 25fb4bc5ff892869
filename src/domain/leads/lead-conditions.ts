// Which leads a list shows. E-mails and numbers are asked for by their digests: the database never learns them.
import type { LeadFilter } from './lead.inputs.js';
import type { LeadCipher } from './lead-cipher.js';
import type { LeadKeyState } from './lead-store.js';

export interface LeadCondition {
  readonly where: string[];
  readonly params: unknown[];
}

/** By what a list was searched, for the audit log: names, never what was looked for. */
export const searchedFields = (filter: LeadFilter | null | undefined): string[] =>
  Object.entries(filter ?? {}).flatMap(([name, value]) => (value == null ? [] : [name]));

/** About `lead l`. */
export function leadCondition(
  filter: LeadFilter | null | undefined,
  state: LeadKeyState,
  cipher: LeadCipher,
): LeadCondition {
  const where: string[] = [];
  const params: unknown[] = [];
  const ask = (value: unknown, condition: (placeholder: string) => string): void => {
    if (value == null) return;
    params.push(value);
    where.push(condition(`$${params.length}`));
  };
  const { active, kid } = state;
  const digest = (text: string | null | undefined, of: (text: string) => Buffer): Buffer | null =>
    text == null ? null : of(text);
  ask(
    digest(filter?.email, (email) => cipher.emailIndex(kid, email)),
    (p) => `l.email_${active} = ${p}`,
  );
  ask(
    digest(filter?.emailDomain, (domain) => cipher.domainIndex(kid, domain)),
    (p) => `l.domain_${active} = ${p}`,
  );
  ask(
    digest(filter?.phone, (phone) => cipher.phoneIndex(kid, phone)),
    (p) => `l.phone_${active} = ${p}`,
  );
  ask(
    digest(filter?.phoneLastFour, (four) => cipher.lastFourIndex(kid, four)),
    (p) => `l.last_four_${active} = ${p}`,
  );
  ask(filter?.name || null, (p) => `l.name ilike '%' || regexp_replace(${p}, '([\\\\%_])', '\\\\\\1', 'g') || '%'`);
  ask(filter?.ipAddress, (p) => `l.ip_address = ${p}::inet`);
  ask(filter?.status?.length ? filter.status : null, (p) => `l.status = any(${p})`);
  ask(filter?.source, (p) => `l.source = ${p}`);
  ask(filter?.createdAt?.from, (p) => `l.created_at >= ${p}`);
  ask(filter?.createdAt?.to, (p) => `l.created_at < ${p}`);
  return { where, params };
}
