// Who registered a model, by the first two digits of its TAC (GSMA TS.06): not the country of sale. No I/O.

/** All but 01, 35, 86 and 99 register nothing any more; their phones are still about. */
const registrars: Readonly<Record<number, string>> = {
  1: 'CTIA/PTCRB (US)',
  10: 'DECT devices',
  30: 'Iridium (US)',
  33: 'DGPT (FR)',
  35: 'TÜV SÜD BABT (UK)',
  44: 'BABT (UK)',
  45: 'NTA (DK)',
  49: 'BZT (DE)',
  50: 'BZT ETS (DE)',
  51: 'Cetecom (DE)',
  52: 'Cetecom (DE)',
  53: 'TÜV (DE)',
  54: 'Phoenix (DE)',
  86: 'TAF (CN)',
  91: 'MSAI (IN)',
  99: 'GHA',
};
const reserved = 98;

const byPrefix = Array.from({ length: 100 }, (_, prefix) => registrars[prefix] ?? withoutRegistrar(prefix));

/** Null where these digits mean nothing. */
export const reportingBody = (tac: number): string | null => byPrefix[prefixOf(tac)] ?? null;

export const hasRegistrar = (tac: number): boolean => registrars[prefixOf(tac)] !== undefined;

const prefixOf = (tac: number): number => Math.floor(tac / 1_000_000);

function withoutRegistrar(prefix: number): string | null {
  if (prefix < 10) return 'test IMEI';
  return prefix === reserved ? 'reserved' : null;
}
