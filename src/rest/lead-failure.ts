// What went wrong with a lead, in the caller's language: as clients of FastAPI read it, or as the form again with each fault
// beside its field. No I/O.
import { z } from 'zod';
import { reasonNames } from '../shared/error-details.js';
import type { Failure, FieldFault } from '../shared/errors.js';
import { isForm } from './form-body.js';
import { leadFormPage, pageHeaders } from './lead-form.page.js';
import { textsFor } from './lead-language.js';
import { type FaultType, faultTypes, type LeadTexts } from './lead-texts.js';
import type { FailureKind } from './operation.js';
import type { FailedRequest, FailureAnswer, PresentFailure } from './problem.js';

const leadFault = z.object({
  loc: z.array(z.string()).describe('Where it was written (body, query or header), and under which name.'),
  msg: z.string().describe('What is wrong, in the language of the caller.'),
  type: z.enum(faultTypes).describe('What is wrong, for programs.'),
});

const conflictReason = z.enum(reasonNames);

/** A form gets the page again, and JSON this. */
export const leadFailures: FailureKind = {
  name: 'LeadFailure',
  description: 'Texts are in the language of Accept-Language, ru or en.',
  schema: z
    .union([
      z.object({ detail: z.array(leadFault).describe('With 422: every field that is wrong.') }),
      z.object({
        detail: z.string().describe('What went wrong.'),
        code: conflictReason.optional().describe('With 409: the first of the reasons.'),
        reasons: z.array(conflictReason).optional().describe('With 409: with what it clashes.'),
      }),
    ])
    .meta({ id: 'LeadFailure', description: 'What went wrong, as clients of FastAPI read it.' }),
  present: (failure, request) => presentLeadFailure(failure, request),
  statuses: (usual) => usual.map((status) => (status === 400 ? 422 : status)),
};

export const presentLeadFailure: PresentFailure = (failure, request) =>
  isForm(request.headers['content-type']) ? asForm(failure, request) : asJson(failure, request);

function asJson(failure: Failure, { headers, body, status }: FailedRequest): FailureAnswer {
  const texts = textsFor(headers);
  const { code, reasons } = failure;
  const invalid = isInvalid(failure, status);
  const because = code === 'CONFLICT' && reasons ? { code: reasons[0], reasons } : {};
  return {
    contentType: 'application/json; charset=utf-8',
    headers: { 'content-language': texts.language },
    status: invalid ? 422 : status,
    body: { detail: invalid ? faultsOf(failure, body, texts) : detailOf(failure, status, texts), ...because },
  };
}

function asForm(failure: Failure, { headers, body, status }: FailedRequest): FailureAnswer {
  const values = isObject(body) ? body : {};
  const texts = textsFor(headers, values.lang);
  const invalid = isInvalid(failure, status);
  const told = invalid
    ? faultsOf(failure, body, texts).map(({ loc, msg }) => [loc.at(-1) ?? '', msg] as const)
    : clashesOf(failure, texts);
  const [beside, others] = [true, false].map((isBeside) => told.filter(([field]) => shown.has(field) === isBeside));
  const above = others?.length ? others.map(([, text]) => text).join(' ') : texts.marked;
  return {
    contentType: 'text/html; charset=utf-8',
    headers: pageHeaders(texts),
    status: invalid ? 422 : status,
    body: leadFormPage(texts, {
      values,
      faults: new Map(beside),
      alert: told.length > 0 ? above : detailOf(failure, status, texts),
    }),
  };
}

/** 413, 415 and the like say something else. */
const isInvalid = ({ code }: Failure, status: number): boolean => code === 'BAD_USER_INPUT' && status === 400;

const shown = new Set(['name', 'email', 'phone']);

function clashesOf({ code, reasons = [] }: Failure, texts: LeadTexts): (readonly [field: string, text: string])[] {
  if (code !== 'CONFLICT') return [];
  return reasons.map((reason) => [clashing[reason] ?? '', texts.reasons[reason] ?? reason]);
}

const clashing: Readonly<Record<string, string>> = { DUPLICATE_EMAIL: 'email', DUPLICATE_PHONE: 'phone' };

function detailOf({ code, reasons = [], retryAfter }: Failure, status: number, texts: LeadTexts): string {
  const because = reasons.flatMap((reason) => texts.reasons[reason] ?? []).join(' ');
  if (because) return because;
  if (code === 'RATE_LIMITED') return texts.limited(retryAfter ?? 1);
  return texts.statuses[status] ?? texts.codes[code] ?? texts.unreadable;
}

function faultsOf({ fields = [] }: Failure, body: unknown, texts: LeadTexts): z.output<typeof leadFault>[] {
  const whole = { loc: ['body'], msg: texts.unreadable, type: 'value_error' } as const;
  if (fields.length === 0) return [{ ...whole, loc: ['body'] }];
  return fields.map((fault) => {
    const { where, name } = placeOf(fault, body);
    if (name === '') return { ...whole, loc: ['body'] };
    const type = typeOf(fault, where, isObject(body) ? body[name] : undefined);
    return {
      loc: [where, name],
      msg: texts.faultsOf[name === 'ip' ? 'ip_address' : name]?.[type] ?? texts.faults[type],
      type,
    };
  });
}

interface Place {
  readonly where: 'body' | 'query' | 'header';
  readonly name: string;
}

/** Where the caller wrote it, and under which name. */
function placeOf({ path, code }: FieldFault, body: unknown): Place {
  if (path === 'idempotencyKey' || path === 'Idempotency-Key') return { where: 'header', name: 'Idempotency-Key' };
  const [, filtered] = /^filter\.(.+)$/.exec(path) ?? [];
  if (filtered || path === 'limit' || path === 'offset') return { where: 'query', name: filtered ?? path };
  if (code === 'UNKNOWN' && !(isObject(body) && Object.hasOwn(body, path))) return { where: 'query', name: path };
  if (path !== 'ipAddress') return { where: 'body', name: path };
  const alias = isObject(body) && body.ip_address === undefined && body.ip !== undefined;
  return { where: 'body', name: alias ? 'ip' : 'ip_address' };
}

function typeOf({ code }: FieldFault, where: Place['where'], value: unknown): FaultType {
  if (code === 'UNKNOWN') return 'extra_forbidden';
  if (where !== 'body') return 'value_error';
  if (code === 'UNREADABLE') return 'unreadable';
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return 'missing';
  if (code === 'INVALID_TYPE') return 'string_type';
  return code === 'TOO_BIG' ? 'string_too_long' : 'value_error';
}

const isObject = (body: unknown): body is Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null && !Array.isArray(body);
