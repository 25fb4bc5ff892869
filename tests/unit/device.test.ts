// The provider's properties, in every form that was seen, as one shape.
import fc from 'fast-check';
import { type Device, deviceFrom } from '../../src/domain/imei/device.js';
import type { Device as ShownDevice } from '../../src/schema/device.type.js';
import { DateTimeScalar } from '../../src/schema/scalars.js';

/** What the API shows of it, too. */
const silent: Device & ShownDevice = {
  ...{ name: null, brand: null, model: null, modelDescription: null, imageUrl: null },
  ...{ imei: null, imei2: null, serial: null, meid: null },
  ...{ simLock: null, findMyOn: null, lostMode: null, mdmLock: null },
  ...{ blacklist: null, network: null, region: null, purchaseCountry: null, purchasedAt: null },
  ...{ warranty: null, repairCoverage: null, technicalSupport: null },
  ...{ replaced: null, refurbished: null, demoUnit: null, loaner: null },
};
const of = (properties: Record<string, unknown>, brand: string | null = null): Device => deviceFrom(properties, brand);

it('an iPhone, as the basic service tells it', () => {
  const properties = {
    deviceName: 'iPhone 12 Pro Max',
    image: 'https://sources.imeicheck.net/images/1.png',
    imei: '356735111052198',
    imei2: '356735111162733',
    serial: 'F17G60WZ0D41',
    meid: '35673511105219',
    estPurchaseDate: 1_608_854_400,
    modelDesc: 'SVC,IPHONE 12 PRO MAX,CN,128GB,BLUE',
    replacement: false,
    demoUnit: false,
    refurbished: false,
    'apple/region': 'China mainland',
    simLock: false,
    fmiOn: true,
    replaced: false,
    warrantyStatus: 'Out Of Warranty',
    repairCoverage: false,
    technicalSupport: false,
    'apple/modelName': 'iPhone 12 Pro Max',
    loaner: false,
    lostMode: false,
    usaBlockStatus: 'Clean',
    network: 'China',
  };
  expect(of(properties, 'Apple')).toEqual({
    name: 'iPhone 12 Pro Max',
    brand: 'Apple',
    model: 'iPhone 12 Pro Max',
    modelDescription: 'SVC,IPHONE 12 PRO MAX,CN,128GB,BLUE',
    imageUrl: 'https://sources.imeicheck.net/images/1.png',
    imei: '356735111052198',
    imei2: '356735111162733',
    serial: 'F17G60WZ0D41',
    meid: '35673511105219',
    simLock: false,
    findMyOn: true,
    lostMode: false,
    mdmLock: null,
    blacklist: 'Clean',
    network: 'China',
    region: 'China mainland',
    purchaseCountry: null,
    purchasedAt: new Date('2020-12-25T00:00:00Z'),
    warranty: 'Out Of Warranty',
    repairCoverage: false,
    technicalSupport: false,
    replaced: false,
    refurbished: false,
    demoUnit: false,
    loaner: false,
  });
});

it("the documentation's sample, with text where booleans are meant", () => {
  const properties = {
    ...{ repairCoverage: 'false', technicalSupport: 'false', lostMode: 'false', simLock: 'true' },
    ...{ warrantyStatus: 'AppleCare Protection Plan', network: 'Global', 'apple/region': 'AT&T USA' },
    ...{ purchaseCountry: 'United States', gsmaBlacklisted: 'false', estPurchaseDate: '1608854400' },
  };
  expect(of(properties)).toEqual({
    ...silent,
    ...{ brand: 'Apple', repairCoverage: false, technicalSupport: false, lostMode: false, simLock: true },
    ...{ warranty: 'AppleCare Protection Plan', network: 'Global', region: 'AT&T USA' },
    ...{ purchaseCountry: 'United States', blacklist: 'Clean', purchasedAt: new Date('2020-12-25T00:00:00Z') },
  });
});

it('what an Android phone has, as the generic service tells it', () => {
  const properties = {
    name: 'Redmi Note 8',
    brand: 'Redmi',
    manufacturer: 'Xiaomi Communications',
    model: 'M1908C3JG',
  };
  expect(of(properties, 'Xiaomi')).toEqual({ ...silent, name: 'Redmi Note 8', brand: 'Redmi', model: 'M1908C3JG' });
});

it('of the service that knows a model and nothing else', () => {
  const properties = { deviceName: 'Galaxy S21', imei: '351344354167758', modelDesc: 'SM-G991B' };
  const device = { name: 'Galaxy S21', imei: '351344354167758', modelDescription: 'SM-G991B' };
  expect(of(properties, 'Samsung')).toEqual({ ...silent, ...device, brand: 'Samsung' });
});

it('what richer services tell of locks', () => {
  const properties = { mdmLock: 'ON', fmiOn: 'OFF', carrier: 'T-Mobile USA', country: 'United States', eid: '890490' };
  expect(of(properties)).toEqual({
    ...silent,
    ...{ mdmLock: true, findMyOn: false, network: 'T-Mobile USA', purchaseCountry: 'United States' },
  });
});

it('an unsuccessful answer, whose properties are empty, leaves what its TAC says', () => {
  expect(of({}, 'Xiaomi')).toEqual({ ...silent, brand: 'Xiaomi' });
});

it('a second number that no network could have is shown as it came', () => {
  expect(of({ imei2: '566392068297521' }).imei2).toBe('566392068297521');
});

it.each([
  [true, true],
  [false, false],
  ['true', true],
  ['FALSE', false],
  ['ON', true],
  ['OFF', false],
  [' yes ', true],
  ['No', false],
  [1, true],
  [0, false],
  ['Locked', true],
  ['Unlocked', false],
  ['', null],
  ['Unknown', null],
  ['N/A', null],
  ['maybe', null],
  [2, null],
  [null, null],
  [undefined, null],
  [{ on: true }, null],
  [[true], null],
  [Number.NaN, null],
])('%j is understood as %s where yes or no is meant', (said, understood) => {
  const keys = ['simLock', 'fmiOn', 'lostMode', 'mdmLock', 'repairCoverage', 'technicalSupport', 'replaced'];
  const device = of(Object.fromEntries([...keys, 'refurbished', 'demoUnit', 'loaner'].map((key) => [key, said])));
  const { simLock, findMyOn, lostMode, mdmLock, repairCoverage, technicalSupport, replaced } = device;
  const all = [simLock, findMyOn, lostMode, mdmLock, repairCoverage, technicalSupport, replaced];
  expect([...all, device.refurbished, device.demoUnit, device.loaner]).toEqual(Array(10).fill(understood));
});

it('what is replaced, by either word; the first that speaks is believed', () => {
  expect(of({ replacement: true }).replaced).toBe(true);
  expect(of({ replaced: 'false', replacement: true }).replaced).toBe(false);
  expect(of({ replaced: '', replacement: true }).replaced).toBe(true);
});

it.each([
  ['Clean', undefined, 'Clean'],
  ['Reported stolen by AT&T MOBILITY', undefined, 'Reported stolen by AT&T MOBILITY'],
  ['Reported stolen by a T-Mobile customer', false, 'Reported stolen by a T-Mobile customer'],
  ['Clean', true, 'Blacklisted'],
  ['clean', 'Lost', 'Lost'],
  ['Clean', 'Clean', 'Clean'],
  ['Clean', false, 'Clean'],
  [undefined, true, 'Blacklisted'],
  [undefined, 'true', 'Blacklisted'],
  [undefined, 'OFF', 'Clean'],
  [undefined, false, 'Clean'],
  [undefined, 'Barred', 'Barred'],
  [undefined, undefined, null],
  [{}, [], null],
])('usaBlockStatus %j and gsmaBlacklisted %j: %s', (usaBlockStatus, gsmaBlacklisted, blacklist) => {
  expect(of({ usaBlockStatus, gsmaBlacklisted }).blacklist).toBe(blacklist);
});

it.each([
  [1_608_854_400, '2020-12-25T00:00:00.000Z'],
  ['1608854400', '2020-12-25T00:00:00.000Z'],
  [1_608_854_400_000, '2020-12-25T00:00:00.000Z'],
  ['2020-12-25', '2020-12-25T00:00:00.000Z'],
  ['2020-12-25T03:00:00+03:00', '2020-12-25T00:00:00.000Z'],
  [0, undefined],
  [-1, undefined],
  [1, undefined],
  [4_102_444_800, undefined],
  [Number.MAX_SAFE_INTEGER, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  ['1e400', undefined],
  ['9'.repeat(400), undefined],
  ['2020-13-45', undefined],
  ['December', undefined],
  [true, undefined],
  [{}, undefined],
])('bought at %j: %s', (estPurchaseDate, at) => {
  expect(of({ estPurchaseDate }).purchasedAt?.toISOString()).toBe(at);
});

it.each([
  ['http://pictures.example/a b.png', 'http://pictures.example/a%20b.png'],
  ['HTTPS://pictures.example/1.png', 'https://pictures.example/1.png'],
  ['javascript:alert(1)', null],
  ['data:image/png;base64,AAAA', null],
  ['file:///etc/passwd', null],
  ['//pictures.example/1.png', null],
  ['/1.png', null],
  [' \tjavascript:alert(1)', null],
  [`https://pictures.example/${'a'.repeat(2_000)}`, null],
  [17, null],
  [null, null],
])('a picture at %j: %s', (image, address) => {
  expect(of({ image }).imageUrl).toBe(address);
});

it('texts are one line, bounded, and can be kept by any database', () => {
  expect(of({ deviceName: ' iPhone\r\n\t12\u0000 \u202eorP\ud800 ' }).name).toBe('iPhone 12 orP');
  expect(of({ deviceName: 'я'.repeat(100_000) }).name).toBe('я'.repeat(200));
  expect(of({ deviceName: `${'a'.repeat(199)}🙂` }).name).toBe('a'.repeat(199));
  expect(of({ serial: 123_456, deviceName: {}, modelDesc: ['a'], network: true })).toEqual({
    ...silent,
    serial: '123456',
  });
});

it('names of things that every object has are no properties', () => {
  const hostile = JSON.parse('{"__proto__":{"deviceName":"x"},"constructor":"y","toString":"z","hasOwnProperty":1}');
  expect(of(hostile)).toEqual(silent);
  // Assigned, it becomes the prototype.
  expect(of(Object.assign({}, hostile))).toEqual(silent);
  expect(of({ brand: '__proto__' }).brand).toBe('__proto__');
});

it('whatever comes, nothing throws and the shape is right', () => {
  const keys = [
    ...[
      'deviceName',
      'name',
      'brand',
      'manufacturer',
      'apple/modelName',
      'model',
      'modelDesc',
      'image',
      'imei',
      'imei2',
    ],
    ...['serial', 'meid', 'simLock', 'fmiOn', 'lostMode', 'mdmLock', 'usaBlockStatus', 'gsmaBlacklisted', 'network'],
    ...['apple/region', 'purchaseCountry', 'estPurchaseDate', 'warrantyStatus', 'repairCoverage', 'technicalSupport'],
    ...['replaced', 'replacement', 'refurbished', 'demoUnit', 'loaner', '__proto__', 'constructor'],
  ];
  const value = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true }),
    fc.string({ unit: 'binary', maxLength: 500 }),
    fc.double(),
    fc.constantFrom('true', 'OFF', 'Clean', 'https://pictures.example/1.png', '1608854400', '2020-12-25'),
  );
  const properties = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), value, { maxKeys: 40 });
  const brand = fc.option(fc.string());
  fc.assert(
    fc.property(properties, brand, (said, known) => {
      const device = deviceFrom(said, known);
      expect(Object.keys(device)).toEqual(Object.keys(silent));
      const { simLock, findMyOn, lostMode, mdmLock, repairCoverage, technicalSupport, replaced, ...rest } = device;
      const { refurbished, demoUnit, loaner, purchasedAt, imageUrl, brand: made, ...texts } = rest;
      for (const flag of [simLock, findMyOn, lostMode, mdmLock, repairCoverage, technicalSupport, replaced])
        expect([true, false, null]).toContain(flag);
      for (const flag of [refurbished, demoUnit, loaner]) expect([true, false, null]).toContain(flag);
      for (const text of Object.values(texts)) if (text !== null) expect(isLine(text)).toBe(true);
      expect(made === null || made === known || isLine(made)).toBe(true);
      if (imageUrl !== null) expect(imageUrl).toMatch(/^https?:\/\//);
      if (purchasedAt !== null) expect(DateTimeScalar.serialize(purchasedAt)).toMatch(/^(?:199|20)\d/);
    }),
    { numRuns: 2_000 },
  );
});

const isLine = (text: string): boolean =>
  text !== '' && text.length <= 200 && text.isWellFormed() && !/[\p{Cc}\p{Cf}]|^\s|\s$/u.test(text);
