// What is different about a device since it was checked before. No I/O.
import { isoTime } from '../../shared/iso-time.js';
import type { Device } from './device.js';

export interface DeviceChange {
  /** As Device names it. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Where the provider is silent this time, nothing has changed: another service tells other things. */
export function deviceChanges(before: Device, after: Device): DeviceChange[] {
  return Object.entries(after).flatMap(([field, value]) => {
    const [was, is] = [textOf(before[field as keyof Device]), textOf(value)];
    return is === null || was === is || field === picture ? [] : [{ field, before: was, after: is }];
  });
}

/** The provider's, not the device's. */
const picture = 'imageUrl' satisfies keyof Device;

const textOf = (value: string | boolean | Date | null): string | null =>
  value instanceof Date ? isoTime(value) : value === null ? null : String(value);
