// Whatever the IMEI provider may write: nothing throws, and what is an array of JSON is taken apart to the byte.
import fc from 'fast-check';
import { balanceIn, checkIn, checkListed, servicesIn } from '../../src/gateways/imei/check-object.js';
import { elementsOf } from '../../src/gateways/imei/json-elements.js';
import { providerCheckStatuses } from '../../src/gateways/imei/port.js';

const mostly = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: fc.jsonValue() });

/** A check object with some of its fields gone wrong. */
const nearly = fc.record(
  {
    id: mostly(fc.constant('aB3_-xYz09QwErTy')),
    status: mostly(fc.constantFrom(...providerCheckStatuses)),
    service: mostly(fc.record({ id: mostly(fc.nat(100)), title: mostly(fc.string()) })),
    amount: mostly(fc.constantFrom('0.06', 0.06)),
    deviceId: mostly(fc.constant('356735111052198')),
    processedAt: mostly(fc.nat()),
    properties: mostly(fc.dictionary(fc.string(), fc.jsonValue())),
  },
  { requiredKeys: ['id', 'service', 'deviceId'] },
);

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  nearly.map((value) => JSON.stringify(value)),
);

it('is read or not, and never throws', () => {
  let read = 0;
  fc.assert(
    fc.property(text, (raw) => {
      const check = checkIn(raw);
      if (check) {
        read++;
        expect(check.raw).toBe(raw);
        expect(check.amount).toMatch(/^\d+(\.\d+)?$/);
        expect(Array.isArray(check.properties)).toBe(false);
        expect(checkListed(raw)).toEqual(check);
      }
      for (const look of [checkListed, servicesIn, balanceIn, elementsOf]) look(raw);
    }),
    { numRuns: 4_000 },
  );
  expect(read).toBeGreaterThan(50);
});

const blank = fc.constantFrom('', ' ', '\n', '\r\n\t');
const elements = fc.array(
  fc.oneof(
    fc.json(),
    nearly.map((value) => JSON.stringify(value)),
  ),
);

it('is taken apart as JSON.parse would, with every byte of each element', () => {
  fc.assert(
    fc.property(elements, blank, blank, (list, before, after) => {
      const whole = `${before}[${list.map((one) => before + one + after).join(',')}]${after}`;
      expect(elementsOf(whole)).toEqual(list.map((one) => one.trim()));
    }),
    { numRuns: 1_000 },
  );
});

it('is taken apart as far as it came, where it was cut off', () => {
  fc.assert(
    fc.property(elements, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const whole = `[${list.join(',')}]`;
      const cut = elementsOf(whole.slice(0, Math.max(1, Math.floor(whole.length * share))), true);
      expect(cut).toEqual(list.slice(0, cut?.length));
    }),
    { numRuns: 1_000 },
  );
});
