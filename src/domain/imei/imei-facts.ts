// What the provider told of itself a moment ago, asked once for all who want to know: its services change by the week, and what is
// left on the account by the minute.
import type { BreakerState } from '../../entities/mailing.enums.js';
import type { ImeiProvider, ProviderAnswer, ProviderService } from '../../gateways/imei/port.js';
import { minutes, seconds } from '../../shared/clock.js';

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
