// What a check may cost at most, before it is asked for. Exact: in millionths of a dollar. No I/O.
import type { ProviderService } from '../../gateways/imei/port.js';
import type { ServiceChoice } from './service-choice.js';

/** Whole millionths of a USD. */
export type Micros = number;

export interface ServicePrices {
  readonly byService: ReadonlyMap<number, Micros>;
  readonly dearest: Micros;
}

/** Undefined where there is none. */
export function pricesOf(services: readonly ProviderService[]): ServicePrices | undefined {
  if (services.length === 0) return undefined;
  const byService = new Map(services.map(({ id, price }) => [id, toMicros(price)]));
  return { byService, dearest: Math.max(...byService.values()) };
}

/** A brand's service may be followed by the generic one. A service that is not in the list costs no more than the dearest one. */
export function mostPaid({ byService, dearest }: ServicePrices, { service, follow }: ServiceChoice): Micros {
  const priceOf = (id: number): Micros => byService.get(id) ?? dearest;
  return priceOf(service) + (follow === null ? 0 : priceOf(follow));
}

/** Rounded up: a limit is never exceeded by what is too small to be seen. */
export const toMicros = (usd: string): Micros => Math.ceil(Number((Number(usd) * 1_000_000).toFixed(3)));

export const toUsd = (micros: Micros): string => (micros / 1_000_000).toFixed(6);
