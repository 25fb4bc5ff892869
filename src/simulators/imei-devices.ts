// The phones of the simulated IMEI provider: the same IMEI is always the same phone, made up from its digits, until somebody
// changes something about it. Names of models are facts; everything else is invented. No I/O.
import { z } from 'zod';
import { type Luck, luckIn, pick } from './luck.js';

export interface Model {
  readonly brand: string;
  readonly name: string;
  /** As the maker writes it on the box. */
  readonly code: string;
}

/** What can be changed about a phone, so that a watch has something to see. */
export const deviceChanges = z.strictObject({
  simLock: z.boolean().optional(),
  fmiOn: z.boolean().optional(),
  lostMode: z.boolean().optional(),
  blacklisted: z.boolean().optional(),
});
export type DeviceChanges = z.output<typeof deviceChanges>;

export interface Device {
  readonly id: string;
  /** Undefined for a number that no maker uses. */
  readonly model: Model | undefined;
  readonly simLock: boolean;
  readonly fmiOn: boolean;
  readonly lostMode: boolean;
  readonly blacklisted: boolean;
  /** Its own, the same ones in the same order each time the phone is asked for. */
  readonly luck: Luck;
}

export function deviceOf(id: string, changes: DeviceChanges = {}): Device {
  const luck = luckIn(id);
  const likely = (share: number) => luck() < share;
  // All are drawn, so that a change of one moves no other.
  const drawn = { simLock: likely(0.2), fmiOn: likely(0.6), lostMode: likely(0.03), blacklisted: likely(0.05) };
  return {
    ...{ id, luck, model: modelOf(id) },
    simLock: changes.simLock ?? drawn.simLock,
    fmiOn: changes.fmiOn ?? drawn.fmiOn,
    lostMode: changes.lostMode ?? drawn.lostMode,
    blacklisted: changes.blacklisted ?? drawn.blacklisted,
  };
}

const models = {
  Apple: [
    { brand: 'Apple', name: 'iPhone 12 Pro Max', code: 'A2411' },
    { brand: 'Apple', name: 'iPhone 13', code: 'A2633' },
    { brand: 'Apple', name: 'iPhone 14 Pro', code: 'A2890' },
    { brand: 'Apple', name: 'iPhone SE (2nd generation)', code: 'A2296' },
  ],
  Samsung: [
    { brand: 'Samsung', name: 'Galaxy S21 5G', code: 'SM-G991B' },
    { brand: 'Samsung', name: 'Galaxy A52', code: 'SM-A525F' },
  ],
  Xiaomi: [
    { brand: 'Xiaomi', name: 'POCO X3 Pro', code: 'M2102J20SG' },
    { brand: 'Xiaomi', name: 'Redmi Note 10 Pro', code: 'M2101K6G' },
  ],
  Google: [{ brand: 'Google', name: 'Pixel 7', code: 'GVU6C' }],
} as const satisfies Record<string, readonly Model[]>;

/** 863274074003267 is an Android phone, as the real provider says. */
const known: Readonly<Record<string, Model>> = {
  '35673511': models.Apple[0],
  '86327407': models.Xiaomi[0],
};

/** Chinese registrars (86) have no iPhones here; the numbers of test equipment (00) nobody knows. */
function modelOf(id: string): Model | undefined {
  if (id.startsWith('00')) return undefined;
  const tac = id.slice(0, 8);
  const luck = luckIn(tac);
  const androids = [models.Samsung, models.Xiaomi, models.Google] as const;
  const brand =
    tac.startsWith('86') || luck() < 0.5 ? pick<readonly [Model, ...Model[]]>([...androids], luck) : models.Apple;
  return known[tac] ?? pick<Model>([...brand], luck);
}
