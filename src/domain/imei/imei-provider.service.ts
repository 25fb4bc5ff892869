// The provider of IMEI checks as operators see it: what it offers, whether it is asked, and what is left on its account.
import type { BreakerState } from '../../entities/mailing.enums.js';
import { Failure } from '../../shared/errors.js';
import type { ImeiFacts } from './imei-facts.js';

export interface ImeiProviderPorts {
  /** Undefined where no provider is configured and no simulator runs. */
  readonly imeiFacts: ImeiFacts | undefined;
}

export interface ImeiServiceRow {
  id: number;
  provider: string;
  title: string;
  /** USD. */
  price: string;
}

export interface ImeiProviderRow {
  provider: string;
  available: boolean;
  /** USD; null where the provider does not tell. */
  balance: string | null;
  breaker: BreakerState;
}

export class ImeiProviderService {
  constructor(private readonly ports: ImeiProviderPorts) {}

  async services(): Promise<ImeiServiceRow[]> {
    const { imeiFacts } = this.ports;
    if (!imeiFacts) return [];
    const answer = await imeiFacts.services();
    if (answer.kind === 'answered')
      return answer.value.map((service) => ({ ...service, provider: imeiFacts.provider }));
    if (answer.kind === 'unsent')
      throw new Failure('UNAVAILABLE', 'The IMEI provider can’t be reached at this moment.');
    throw new Failure('UPSTREAM_FAILED', 'The IMEI provider did not tell its services; try again later.');
  }

  async providers(): Promise<ImeiProviderRow[]> {
    const { imeiFacts } = this.ports;
    if (!imeiFacts) return [];
    const { provider } = imeiFacts;
    const answer = await imeiFacts.balance();
    const breaker = imeiFacts.breaker();
    const answers = answer.kind === 'answered';
    return [{ provider, breaker, available: answers && breaker !== 'OPEN', balance: answers ? answer.value : null }];
  }
}
