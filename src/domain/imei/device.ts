// One shape for what providers say of phones of any make: whatever comes under whichever key, null where they are silent. Never
// throws; what it does not know stays in the raw answer. No I/O.
import { momentOf } from '../../shared/iso-time.js';
import { oneLine } from './one-line.js';

export interface Device {
  readonly name: string | null;
  readonly brand: string | null;
  readonly model: string | null;
  readonly modelDescription: string | null;
  readonly imageUrl: string | null;
  readonly imei: string | null;
  readonly imei2: string | null;
  readonly serial: string | null;
  readonly meid: string | null;
  readonly simLock: boolean | null;
  readonly findMyOn: boolean | null;
  readonly lostMode: boolean | null;
  readonly mdmLock: boolean | null;
  readonly blacklist: string | null;
  readonly network: string | null;
  readonly region: string | null;
  readonly purchaseCountry: string | null;
  readonly purchasedAt: Date | null;
  readonly warranty: string | null;
  readonly repairCoverage: boolean | null;
  readonly technicalSupport: boolean | null;
  readonly replaced: boolean | null;
  readonly refurbished: boolean | null;
  readonly demoUnit: boolean | null;
  readonly loaner: boolean | null;
}

/** `brand`: of its TAC, for where the provider names none. */
export function deviceFrom(properties: Readonly<Record<string, unknown>>, brand: string | null): Device {
  const said = new Map(Object.entries(properties));
  const first = <T>(read: (value: unknown) => T | null, ...keys: readonly string[]): T | null => {
    for (const key of keys) {
      const value = read(said.get(key));
      if (value !== null) return value;
    }
    return null;
  };
  return {
    name: first(oneLine, 'deviceName', 'name', 'device'),
    brand: first(oneLine, 'brand') ?? brand ?? (isApples(said) ? 'Apple' : first(oneLine, 'manufacturer')),
    model: first(oneLine, 'apple/modelName', 'modelName', 'model'),
    modelDescription: first(oneLine, 'modelDesc', 'modelDescription', 'description'),
    imageUrl: first(webAddress, 'image', 'imageUrl'),
    imei: first(oneLine, 'imei'),
    // Not checked: sandboxes make it up, and it is the provider's word.
    imei2: first(oneLine, 'imei2'),
    serial: first(oneLine, 'serial', 'serialNumber'),
    meid: first(oneLine, 'meid'),
    simLock: first(yesOrNo, 'simLock'),
    findMyOn: first(yesOrNo, 'fmiOn', 'findMyOn'),
    lostMode: first(yesOrNo, 'lostMode'),
    mdmLock: first(yesOrNo, 'mdmLock'),
    blacklist: blacklistOf(first(oneLine, 'usaBlockStatus'), first(blockWords, 'gsmaBlacklisted', 'blacklisted')),
    network: first(oneLine, 'network', 'carrier'),
    region: first(oneLine, 'apple/region', 'region'),
    purchaseCountry: first(oneLine, 'purchaseCountry', 'country'),
    purchasedAt: first(moment, 'estPurchaseDate', 'purchaseDate'),
    warranty: first(oneLine, 'warrantyStatus', 'warranty'),
    repairCoverage: first(yesOrNo, 'repairCoverage'),
    technicalSupport: first(yesOrNo, 'technicalSupport'),
    replaced: first(yesOrNo, 'replaced', 'replacement'),
    refurbished: first(yesOrNo, 'refurbished'),
    demoUnit: first(yesOrNo, 'demoUnit'),
    loaner: first(yesOrNo, 'loaner'),
  };
}

const longestAddress = 2_000;
const yes = /^(?:true|on|yes|y|1|locked|active|enabled)$/i;
const no = /^(?:false|off|no|n|0|unlocked|inactive|disabled)$/i;

const dayAlone = /^\d{4}-\d{2}-\d{2}$/;
/** No phone was bought before there were any, or in a time to come that no calendar of a provider means. */
const [earliest, latest] = [Date.UTC(1990, 0), Date.UTC(2100, 0)];

function yesOrNo(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = oneLine(value) ?? '';
  return yes.test(text) ? true : no.test(text) ? false : null;
}

/** Unix seconds or milliseconds, as a number or in digits, or RFC 3339; a day alone is its first moment in UTC. */
function moment(value: unknown): Date | null {
  const text = oneLine(value) ?? '';
  const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  const spelled = dayAlone.test(text) ? `${text}T00:00:00Z` : text;
  const at = number === undefined ? (momentOf(spelled)?.getTime() ?? Number.NaN) : inMilliseconds(number);
  return at >= earliest && at < latest ? new Date(at) : null;
}

/** Milliseconds of 1973 are the seconds of 5138. */
const inMilliseconds = (unix: number): number => (unix < 100_000_000_000 ? unix * 1_000 : unix);

/** Only of the web: it is shown as a picture. */
function webAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > longestAddress || !URL.canParse(value)) return null;
  const { protocol, href } = new URL(value);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

/** GSMA's list is told as yes or no as well as in words. */
function blockWords(value: unknown): string | null {
  const listed = yesOrNo(value);
  return listed === null ? oneLine(value) : listed ? 'Blacklisted' : clean;
}

/** Whoever says that it is blocked is believed before who says that it is not. */
const blacklistOf = (usa: string | null, gsma: string | null): string | null =>
  usa === null || (isClean(usa) && gsma !== null && !isClean(gsma)) ? gsma : usa;

const clean = 'Clean';
const isClean = (status: string): boolean => /^clean$/i.test(status);

const isApples = (said: ReadonlyMap<string, unknown>): boolean =>
  [...said.keys()].some((key) => key.startsWith('apple/'));
