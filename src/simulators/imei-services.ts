// What the simulated IMEI provider sells, at the real one's prices where those are known, and what each service says of a phone, in the
// real one's words and with its quirks: keys with a slash, booleans as text, no two answers with the same keys. No I/O.
import type { Device, Model } from './imei-devices.js';
import { type Luck, pick } from './luck.js';

export interface SoldService {
  readonly id: number;
  readonly title: string;
  readonly cents: number;
  readonly sandbox: boolean;
  readonly look: (device: Device) => Finding;
}

export type Properties = Readonly<Record<string, unknown>>;
export type Finding =
  | { readonly status: 'successful'; readonly properties: Properties }
  | { readonly status: 'unsuccessful' | 'failed' };

const found = (properties: Properties): Finding => ({ status: 'successful', properties });
const unsuccessful: Finding = { status: 'unsuccessful' };
const failed: Finding = { status: 'failed' };

type KnownDevice = Device & { readonly model: Model };

/** Knows one brand, or every phone that anybody made. */
const knowing =
  (brand: string | undefined, tell: (device: KnownDevice) => Properties) =>
  (device: Device): Finding => {
    const { model } = device;
    if (!model || (brand !== undefined && model.brand !== brand)) return unsuccessful;
    return found(tell({ ...device, model }));
  };

const sold =
  (id: number, title: string, cents: number) =>
  (look: SoldService['look'], sandbox = false) => ({
    ...{ id, title, cents, look, sandbox },
  });

export const soldServices: readonly SoldService[] = [
  sold(1, 'Apple Basic Info', 6)(knowing('Apple', appleBasic)),
  sold(2, 'Apple Advanced Check', 12)(knowing('Apple', appleAdvanced)),
  sold(3, 'Apple Full Info + MDM', 90)(knowing('Apple', appleFull)),
  sold(5, 'Samsung Info', 8)(knowing('Samsung', android)),
  sold(6, 'Xiaomi Info', 8)(knowing('Xiaomi', android)),
  sold(12, 'Mock service with only successful results', 0)((device) => found(mock(device)), true),
  sold(13, 'Mock service with only unsuccessful results', 0)(() => unsuccessful, true),
  sold(14, 'Mock service with only failed results', 0)(() => failed, true),
  sold(15, 'Mock service with mixed results', 0)(mixed, true),
  sold(16, 'Blacklist Pro', 10)(knowing(undefined, blacklist)),
  sold(
    18,
    'Find My iPhone [FMI] (by IMEI)',
    1,
  )(knowing('Apple', ({ id, fmiOn, lostMode }) => ({ imei: id, fmiOn, lostMode }))),
  sold(
    22,
    'Model + Brand + Manufacturer (by IMEI)',
    1,
  )(
    knowing(undefined, (device) => ({
      ...description(device),
      brand: device.model.brand,
      manufacturer: makerOf(device),
    })),
  ),
  sold(24, 'Model/Product Description', 3)(knowing(undefined, description)),
];

const makerOf = ({ model: { brand } }: KnownDevice): string => (brand === 'Apple' ? 'Apple Inc' : brand);

function description({ id, model }: KnownDevice): Properties {
  return { deviceName: model.name, imei: id, modelDesc: `${model.name.toUpperCase()} ${model.code}` };
}

function appleBasic(device: KnownDevice): Properties {
  const { id, model, luck, simLock, fmiOn, lostMode } = device;
  // The real one's samples have both.
  const spelled = luck() < 0.3 ? String : (value: boolean) => value;
  return thinned(luck, {
    ...description(device),
    image: `https://sources.imeicheck.net/images/${model.code.toLowerCase()}.png`,
    imei2: digits(luck, 15),
    serial: letters(luck, 12),
    meid: id.slice(0, 14),
    estPurchaseDate: 1_577_836_800 + Math.floor(luck() * 1_800) * 86_400,
    ...{ replacement: false, demoUnit: false, refurbished: luck() < 0.1, replaced: luck() < 0.05, loaner: false },
    ...{ simLock, fmiOn, lostMode: spelled(lostMode) },
    warrantyStatus: pick(['Out Of Warranty', 'Limited Warranty', 'AppleCare Protection Plan'], luck),
    repairCoverage: spelled(luck() < 0.3),
    technicalSupport: spelled(luck() < 0.3),
    'apple/region': pick(['AT&T USA', 'China', 'Global', 'Unlocked'], luck),
    'apple/modelName': `${model.name} (${model.code})`,
    network: pick(['Global', 'China', 'AT&T/T-Mobile/Global'], luck),
    usaBlockStatus: usaBlockStatus(device),
  });
}

function appleAdvanced(device: KnownDevice): Properties {
  const { luck, blacklisted, simLock } = device;
  return {
    ...appleBasic(device),
    purchaseCountry: pick(['United States', 'China', 'Germany'], luck),
    gsmaBlacklisted: blacklisted,
    carrier: simLock ? 'US AT&T/Cricket - Locked' : 'Unlocked',
  };
}

function appleFull(device: KnownDevice): Properties {
  const { luck } = device;
  return {
    ...appleAdvanced(device),
    ...{ eid: digits(luck, 32), manufactureDate: '2021-03-14', unitAge: '3 years', assembledIn: 'China' },
    ...{ mdmLock: luck() < 0.1, activated: true, acEligible: false, validPurchaseDate: true, registered: true },
    ...{ nextActivationPolicyId: 10, blacklistRecords: blacklistRecords(device) },
  };
}

function android(device: KnownDevice): Properties {
  const { luck, simLock } = device;
  return thinned(luck, {
    ...description(device),
    serial: letters(luck, 11),
    ...{ manufacturer: makerOf(device), simLock: String(simLock) },
    warrantyStatus: pick(['In Warranty', 'Out Of Warranty'], luck),
    country: pick(['Germany', 'India', 'Russia'], luck),
  });
}

function blacklist(device: KnownDevice): Properties {
  const { id, model, blacklisted } = device;
  return {
    ...{ deviceName: model.name, imei: id, gsmaBlacklisted: blacklisted },
    ...{ usaBlockStatus: usaBlockStatus(device), blacklistRecords: blacklistRecords(device) },
  };
}

/** Brands at random, as the real sandbox does it. */
function mock(device: Device): Properties {
  const { id, luck, simLock, fmiOn, lostMode } = device;
  return thinned(luck, {
    ...{ deviceName: pick(['POCO X3 Pro', 'iPhone 11', 'Galaxy S10'], luck), imei: id, imei2: digits(luck, 15) },
    ...{ serial: letters(luck, 12), simLock, fmiOn: String(fmiOn), lostMode: String(lostMode) },
    ...{ warrantyStatus: 'AppleCare Protection Plan', repairCoverage: 'false', 'apple/region': 'AT&T USA' },
    ...{ usaBlockStatus: usaBlockStatus(device), network: 'Global' },
  });
}

function mixed(device: Device): Finding {
  const drawn = device.luck();
  if (drawn < 0.6) return found(mock(device));
  return drawn < 0.8 ? unsuccessful : failed;
}

const usaBlockStatus = ({ blacklisted }: Device): string =>
  blacklisted ? 'Reported stolen by AT&T MOBILITY' : 'Clean';

const blacklistRecords = ({ blacklisted }: Device): object[] =>
  blacklisted ? [{ date: '2025-01-12', country: 'United States', reason: 'Lost or stolen' }] : [];

/** One key in twelve is not there, and which, each phone has for itself. */
const alwaysThere = ['deviceName', 'imei', 'simLock', 'fmiOn', 'lostMode', 'usaBlockStatus'];
const thinned = (luck: Luck, properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([key]) => luck() > 1 / 12 || alwaysThere.includes(key)));

const of = (alphabet: string) => (luck: Luck, length: number) =>
  Array.from({ length }, () => alphabet[Math.floor(luck() * alphabet.length)]).join('');
const digits = of('0123456789');
const letters = of('ABCDEFGHJKLMNPQRSTUVWXYZ0123456789');
