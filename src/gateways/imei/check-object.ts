// The objects of imeicheck.net as they come, in the shape that the port promises: what the provider spells in several ways is
// brought to one, and what it does not say is not made up. Pure.
import { z } from 'zod';
import { elementsOf } from './json-elements.js';
import { type ProviderCheck, type ProviderService, providerCheckStatuses } from './port.js';

/** Sixteen letters that may stand in a URL, or a UUID. */
export const checkId = /^[A-Za-z0-9_-]{1,64}$/;

const decimal = (form: RegExp) => z.union([z.string(), z.number().transform(String)]).pipe(z.string().regex(form));
const price = decimal(/^\d{1,12}(\.\d{1,20})?$/);
const accountBalance = decimal(/^-?\d{1,12}(\.\d{1,20})?$/);
const serviceId = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0).max(2_147_483_647));
const unixSeconds = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,12}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0).max(253_402_300_799))
  .transform((seconds) => new Date(seconds * 1_000));
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** PHP writes an empty object as an empty array. */
const properties = z
  .union([z.custom<Readonly<Record<string, unknown>>>(isObject), z.tuple([]).transform(() => ({}))])
  .nullish()
  .transform((known) => known ?? {});

/** What tells whose check it is. */
const identity = z.object({
  id: z.union([z.string(), z.int().transform(String)]).pipe(z.string().regex(checkId)),
  deviceId: z.string().min(1).max(64),
  service: z.object({
    id: serviceId,
    title: z
      .string()
      .nullish()
      .transform((title) => title ?? null),
  }),
});

const nothingCharged = '0.00';

const check = identity
  .extend({
    status: z.enum(providerCheckStatuses),
    amount: price.nullish(),
    processedAt: unixSeconds.nullish(),
    properties,
  })
  // Only what was charged has to say how much.
  .refine(({ status, amount }) => status !== 'successful' || typeof amount === 'string');

/** Undefined where it is not of the agreed shape. */
export function checkIn(raw: string): ProviderCheck | undefined {
  const { data } = check.safeParse(parsed(raw));
  if (!data) return undefined;
  const { service, amount, processedAt, ...rest } = data;
  return {
    ...rest,
    ...{ serviceId: service.id, serviceTitle: service.title },
    ...{ amount: amount ?? nothingCharged, processedAt: processedAt ?? null, raw },
  };
}

/**
 * A check of the history. One that is plainly there and otherwise not understood counts as under way: who looks for it must
 * take it neither for absent, and pay again, nor for done.
 */
export function checkListed(raw: string): ProviderCheck | undefined {
  const understood = checkIn(raw);
  if (understood) return understood;
  const { data } = identity.safeParse(parsed(raw));
  if (!data) return undefined;
  const { id, deviceId, service } = data;
  return {
    ...{ id, deviceId, serviceId: service.id, serviceTitle: service.title, raw },
    ...{ status: 'processing', amount: nothingCharged, processedAt: null, properties: {} },
  };
}

/**
 * A history, newest first; of one that was `cut` off, its beginning. One check that can't be told whose it is spoils the list:
 * it might be anybody's.
 */
export function checksIn(text: string, cut = false): readonly ProviderCheck[] | undefined {
  const elements = elementsOf(text, cut);
  const checks: ProviderCheck[] = [];
  for (const element of elements ?? []) {
    const check = checkListed(element);
    if (!check) return undefined;
    checks.push(check);
  }
  return elements && checks;
}

/** More than any provider sells. */
const mostServices = 1_000;
const service = z.object({ id: serviceId, title: z.string(), price });

/** Those that can be read: whatever else it sells is not asked for. */
export function servicesIn(text: string): readonly ProviderService[] | undefined {
  const list = parsed(text);
  return Array.isArray(list)
    ? list.slice(0, mostServices).flatMap((one) => service.safeParse(one).data ?? [])
    : undefined;
}

export const balanceIn = (text: string): string | undefined =>
  z.object({ balance: accountBalance }).safeParse(parsed(text)).data?.balance;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
