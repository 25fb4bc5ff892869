// What `npm run check` says of regular expressions: it finds each kind of slow one, and leaves linear ones alone.
import { costsOf, regexesOf } from '../../scripts/check/regexes.js';

it.each([
  ['/ cannot represent .*x/', 'polynomial'],
  ['/\\s+$/', 'polynomial'],
  ['/[a-z]+@[a-z]+/i', 'polynomial'],
  ['/^(a+)+$/', 'exponential'],
])('finds that %s is %s', async (regex, kind) => {
  expect(await costsOf([regex])).toEqual([{ regex, cost: expect.stringContaining(kind) }]);
});

it('leaves linear ones alone', async () => {
  expect(await costsOf(['/^\\s{0,9}a+$/', '/"[^"]*"/g', '/:\\d+$/'])).toEqual([]);
});

it('sees every literal of a file, each once', () => {
  const source =
    'class A { @B(/a/) c = /d/gu; }\nconst e = (f: string): boolean => /a/.test(f) || f.split(/[/]/).length > 1; // /no/';
  expect(regexesOf(source).sort()).toEqual(['/[/]/', '/a/', '/d/gu']);
});
