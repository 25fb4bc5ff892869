// A provider of IMEI checks as the service sees it: what it is asked, what it answers, and what may have been charged. Never
// throws: each method says what became of the exchange.

export const providerCheckStatuses = ['waiting', 'processing', 'successful', 'unsuccessful', 'failed'] as const;
export type ProviderCheckStatus = (typeof providerCheckStatuses)[number];

/** A check as the provider keeps it. */
export interface ProviderCheck {
  /** The provider's own id. */
  readonly id: string;
  readonly status: ProviderCheckStatus;
  readonly deviceId: string;
  readonly serviceId: number;
  readonly serviceTitle: string | null;
  /** USD, as it was told: "0.06"; "0.00" where nothing was charged. */
  readonly amount: string;
  readonly processedAt: Date | null;
  /** Empty where it knows nothing: an empty array on the wire. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** The check object's own JSON text, unchanged to the byte. */
  readonly raw: string;
}

export interface ProviderService {
  readonly id: number;
  readonly title: string;
  /** USD. */
  readonly price: string;
}

/**
 * `answered`: a readable answer of the agreed shape.
 * `refused`: it answered that it did not do it, and charged nothing; `denied` where our token, address or balance is not good
 * (401, 402, 403), so that nobody's check will be done, `limited` for 429, `busy` for 5xx, `invalid` for what is wrong with this very
 * request (400, 404, 422).
 * `unsent`: it failed before the request had left; nothing was charged.
 * `lost`: the request went out and no readable answer came back: it may have been charged.
 */
export type ProviderAnswer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | {
      readonly kind: 'refused';
      readonly why: 'denied' | 'limited' | 'busy' | 'invalid';
      readonly reason: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

export interface ImeiProvider {
  /** As ImeiCheck.provider shows it. */
  readonly name: string;
  /** Asks, and pays where it is successful. A 5xx counts as lost: it may have been charged before it failed. */
  check(imei: string, serviceId: number, timeoutMs: number): Promise<ProviderAnswer<ProviderCheck>>;
  /** One check by the provider's id: for those that are waiting or processing. */
  find(id: string, timeoutMs: number): Promise<ProviderAnswer<ProviderCheck>>;
  /**
   * The provider's own history, newest first, as far back as 1 MiB reaches (some thousand checks): what became of a request whose
   * answer was lost. Free. One that is there and not understood counts as `processing`.
   */
  history(timeoutMs: number): Promise<ProviderAnswer<readonly ProviderCheck[]>>;
  services(timeoutMs: number): Promise<ProviderAnswer<readonly ProviderService[]>>;
  /** USD. */
  balance(timeoutMs: number): Promise<ProviderAnswer<string>>;
  close(): Promise<void>;
}
