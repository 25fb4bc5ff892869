// Which texts there are for somebody who leaves their data; each language has them in a file of its own.
import type { ErrorCode } from '../shared/errors.js';
import type { Language } from './accept-language.js';

/** What may be wrong with a field, by names that clients of FastAPI know. */
export const faultTypes = [
  'missing',
  'string_type',
  'string_too_long',
  'value_error',
  'unreadable',
  'extra_forbidden',
] as const;
export type FaultType = (typeof faultTypes)[number];

export interface LeadTexts {
  readonly language: Language;
  readonly faults: Readonly<Record<FaultType, string>>;
  /** Where there is more to say of one field. */
  readonly faultsOf: Readonly<Record<string, Partial<Record<FaultType, string>>>>;
  /** Why, by the names that failures have for it. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly limited: (seconds: number) => string;
  /** By status, where it says more than the code. */
  readonly statuses: Readonly<Record<number, string>>;
  readonly codes: Readonly<Partial<Record<ErrorCode, string>>>;
  /** For what is told nowhere else. */
  readonly unreadable: string;
  /** Above the form, where each fault stands beside its field. */
  readonly marked: string;
  readonly page: PageTexts;
}

interface PageTexts {
  readonly title: string;
  readonly about: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly phoneHint: string;
  readonly send: string;
  readonly error: string;
  readonly kept: string;
  readonly languages: string;
  readonly thanks: string;
  readonly taken: string;
}
