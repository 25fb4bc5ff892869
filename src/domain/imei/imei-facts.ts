// What the provider told of itself a moment ago, asked once for all who want to know: its services change by the week, and what is
// left on the account by the minute.
import type { BreakerState } from '../../entities/mailing.enums.js';
import type { ImeiProvider, ProviderAnswer, ProviderService } from '../../gateways/imei/port.js';
import { minutes, seconds } from '../../shared/clock.js';
import { badInput } from '../../shared/errors.js';

export class ImeiFacts {
  readonly provider: string;
  readonly services: () => Promise<ProviderAnswer<readonly ProviderService[]>>;
  readonly balance: () => Promise<ProviderAnswer<string>>;

  constructor(
    provider: ImeiProvider,
    readonly breaker: () => BreakerState,
  ) {
    this.provider = provider.name;
    this.services = remembered(() => provider.services(patienceMs), minutes(5));
    this.balance = remembered(() => provider.balance(patienceMs), seconds(30));
  }
}

/** A service that the provider does not list is the caller's mistake. A provider that tells nothing now refuses it by itself. */
export async function demandOffered(facts: ImeiFacts | undefined, serviceId: number | null | undefined): Promise<void> {
  if (!facts || serviceId == null) return;
  const answer = await facts.services();
  if (answer.kind !== 'answered' || answer.value.some(({ id }) => id === serviceId)) return;
  throw badInput(
    'serviceId',
    'NOT_OFFERED',
    'the provider offers no such service; imeiServices lists those that it does',
  );
}

/** Somebody waits in front of a page. */
const patienceMs = 5_000;
const failedForMs = seconds(2);

function remembered<T>(ask: () => Promise<ProviderAnswer<T>>, goodForMs: number): () => Promise<ProviderAnswer<T>> {
  let known: Promise<ProviderAnswer<T>> | undefined;
  let goodUntil = 0;
  return async () => {
    if (known && performance.now() < goodUntil) return known;
    goodUntil = Number.POSITIVE_INFINITY;
    known = ask();
    const answer = await known;
    goodUntil = performance.now() + (answer.kind === 'answered' ? goodForMs : failedForMs);
    return answer;
  };
}
