// What is said to have changed between two checks of a device.
import { deviceFrom } from '../../src/domain/imei/device.js';
import { deviceChanges } from '../../src/domain/imei/device-changes.js';
import type { DeviceChange } from '../../src/schema/device.type.js';

const before = {
  ...{ deviceName: 'iPhone 8', simLock: true, fmiOn: 'OFF', usaBlockStatus: 'Clean', estPurchaseDate: 1_608_854_400 },
  ...{ image: 'https://pictures.example/1.png', serial: 'F17G60WZ0D41' },
};
/** As the API shows them, too. */
const changes = (properties: Record<string, unknown>): DeviceChange[] =>
  deviceChanges(deviceFrom(before, 'Apple'), deviceFrom({ ...before, ...properties }, 'Apple'));

it('nothing, where nothing has', () => {
  expect(changes({})).toEqual([]);
});

it('each value that is another, as text', () => {
  const later = { simLock: 'false', fmiOn: true, usaBlockStatus: 'Reported stolen', estPurchaseDate: 1_608_940_800 };
  expect(changes(later)).toEqual([
    { field: 'simLock', before: 'true', after: 'false' },
    { field: 'findMyOn', before: 'false', after: 'true' },
    { field: 'blacklist', before: 'Clean', after: 'Reported stolen' },
    { field: 'purchasedAt', before: '2020-12-25T00:00:00.000Z', after: '2020-12-26T00:00:00.000Z' },
  ]);
});

it('what was not known before', () => {
  expect(changes({ lostMode: true })).toEqual([{ field: 'lostMode', before: null, after: 'true' }]);
});

it('not what the provider says nothing of this time', () => {
  const silence = { deviceName: '', simLock: null, fmiOn: 'Unknown', usaBlockStatus: undefined, estPurchaseDate: 0 };
  expect(changes({ ...silence, serial: 'N/A' })).toEqual([]);
});

it("not the provider's picture of it", () => {
  expect(changes({ image: 'https://pictures.example/2.png' })).toEqual([]);
});
