// What is done together: who goes with whom, and what a failure of one group is to the next.
import { type Group, Together } from '../../src/shared/together.js';

interface Stage {
  readonly groups: Group<string>[];
  readonly together: Together<string, string>;
  /** Ends the run that is in flight. */
  end(how?: Error | readonly (string | Promise<string>)[]): Promise<void>;
}

function stage(atOnce: number): Stage {
  const groups: Group<string>[] = [];
  let inFlight = Promise.withResolvers<readonly (string | Promise<string>)[]>();
  const together = new Together<string, string>(atOnce, (items) => {
    groups.push(items);
    inFlight = Promise.withResolvers();
    return inFlight.promise;
  });
  const end: Stage['end'] = async (how = groups.at(-1)?.map((item) => `${item} done`) ?? []) => {
    if (how instanceof Error) inFlight.reject(how);
    else inFlight.resolve(how);
    await new Promise(setImmediate);
  };
  return { groups, together, end };
}

it('lets the first one go at once, and whoever comes meanwhile together, at most so many', async () => {
  const { groups, together, end } = stage(2);
  const all = Promise.all(['a', 'b', 'c', 'd'].map((item) => together.join(item)));
  expect(groups).toEqual([['a']]);
  await end();
  expect(groups).toEqual([['a'], ['b', 'c']]);
  await end();
  await end();
  expect(groups).toEqual([['a'], ['b', 'c'], ['d']]);
  expect(await all).toEqual(['a done', 'b done', 'c done', 'd done']);
  const later = together.join('e');
  expect(groups.at(-1)).toEqual(['e']);
  await end();
  expect(await later).toBe('e done');
});

it('tells a failure to all of the group, and goes on', async () => {
  const { together, end } = stage(10);
  const first = together.join('a');
  const others = ['b', 'c'].map((item) => together.join(item));
  await end();
  expect(await first).toBe('a done');
  const told = Promise.allSettled(others);
  await end(new Error('away'));
  expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = together.join('d');
  await end();
  expect(await next).toBe('d done');
});

it('is ready for the next group while one of the last one is still at it by itself', async () => {
  const { groups, together, end } = stage(10);
  const slow = Promise.withResolvers<string>();
  const first = together.join('a');
  const second = together.join('b');
  await end([slow.promise]);
  expect(groups).toEqual([['a'], ['b']]);
  await end();
  expect(await second).toBe('b done');
  slow.resolve('a at last');
  expect(await first).toBe('a at last');
});
