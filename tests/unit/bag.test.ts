// A bag against a set, whatever is put in and taken out.
import fc from 'fast-check';
import { Bag, type Placed } from '../../src/shared/bag.js';

it('holds what a set would hold', () => {
  const step = fc.record({ add: fc.boolean(), which: fc.nat(15) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const things: Placed[] = Array.from({ length: 16 }, () => ({ place: 0 }));
      const bag = new Bag<Placed>();
      const set = new Set<Placed>();
      for (const { add, which } of steps) {
        const thing = things[which] as Placed;
        expect(bag.has(thing)).toBe(set.has(thing));
        if (!add) expect(bag.delete(thing)).toBe(set.delete(thing));
        else if (!set.has(thing)) {
          bag.add(thing);
          set.add(thing);
        }
        expect(new Set(bag)).toEqual(set);
        expect(bag.size).toBe(set.size);
      }
    }),
  );
});

it('can be emptied by who goes through it', () => {
  const bag = new Bag<Placed>();
  for (let n = 0; n < 5; n++) bag.add({ place: 0 });
  let seen = 0;
  for (const thing of bag) {
    bag.delete(thing);
    seen++;
  }
  expect([seen, bag.size]).toEqual([5, 0]);
});
