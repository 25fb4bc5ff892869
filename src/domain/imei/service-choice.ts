// Which of the provider's services is asked for a phone, and which after it. No I/O.

/** IMEICHECK_SERVICES. */
export interface ImeiServices {
  /** In lower case. */
  readonly byBrand: ReadonlyMap<string, number>;
  readonly other: number;
}

export interface ServiceChoice {
  readonly service: number;
  /** Asked after an unsuccessful answer, for those who named none: a brand's service knows nothing of other phones. */
  readonly follow: number | null;
  /** One of those that are asked for this phone where nobody names one. */
  readonly automatic: boolean;
}

export function chooseService(
  { byBrand, other }: ImeiServices,
  brand: string | null,
  wanted: number | null,
): ServiceChoice {
  const brands = byBrand.get(brand?.toLowerCase() ?? 'other') ?? other;
  const service = wanted ?? brands;
  const automatic = service === brands || service === other;
  return { service, automatic, follow: automatic && service !== other ? other : null };
}
