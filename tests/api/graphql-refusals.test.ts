// What is wrong with a request is told to its sender, by the argument where there is one: it is no failure of ours, is not
// logged, and is not repeated in full.
import { recordedLog } from '../support/http-server.js';
import { type Answer, type ToyGraphql, toyGraphql } from '../support/toy-graphql.js';

let toy: ToyGraphql;
beforeAll(async () => {
  toy = await toyGraphql();
});
afterAll(() => toy.close());
beforeEach(() => {
  toy.called.length = 0;
});

const codes = ({ errors }: Answer): unknown[] => errors.map(({ extensions }) => extensions.code);

describe('what is wrong with an argument', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['a literal', '{ echo(text: "a", n: "5") }', {}, 'n'],
    [
      'a literal within',
      '{ echo(text: "a", input: { tags: [1], inner: { tags: [1, 2, "x"] } }) }',
      {},
      'input.inner.tags',
    ],
    ['a variable', 'query($n: Int) { echo(text: "a", n: $n) }', { n: '5' }, 'n'],
    [
      'a variable within',
      'query($i: EchoInput) { echo(text: "a", input: $i) }',
      { i: { inner: { tags: [1, 'x'] } } },
      'i.inner.tags[1]',
    ],
    ['a variable that is missing', 'query($text: String!) { echo(text: $text) }', {}, 'text'],
  ])('is named: %s', async (...[, query, variables, path]) => {
    const answer = await toy.ask({ query, variables });
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', fields: [{ path, code: 'INVALID_VALUE' }] } },
    ]);
    expect(toy.called).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['an argument', 'query($v: String = "a") { echo(text: $v) }', 'text'],
    ['an item of a list', 'query($v: Int = 1) { echo(text: "a", input: { tags: [$v] }) }', 'input'],
    ['a condition', 'query($v: Boolean = true) { hello @include(if: $v) }', 'if'],
    ['a condition below', 'query($v: Boolean = true) { team { id @skip(if: $v) } }', 'if'],
    ['a condition of a fragment', 'query($v: Boolean = true) { ... @include(if: $v) { hello } }', 'if'],
    ['an argument of one field of several', 'query($v: String = "a") { hello echo(text: $v) }', 'text'],
  ])(
    'null for a variable with a default where null is not allowed is no failure of ours: %s',
    async (_, query, path) => {
      const { log, text: logged } = recordedLog();
      const own = await toyGraphql({ log });
      for (const again of [false, true]) {
        const answer = await own.ask({ query, variables: { v: null } });
        expect([again, answer.status, codes(answer)]).toEqual([again, 400, ['BAD_USER_INPUT']]);
        expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path }]);
        // The second time it goes past Apollo.
        await own.ask({ query, variables: {} });
      }
      expect(logged()).not.toContain('failed');
      await own.close();
    },
  );

  it.each([
    ['nested 8,000 deep', `{"i":${'{"inner":'.repeat(8_000)}{}${'}'.repeat(8_000)}}`],
    ['nested 8,000 lists deep, in a variable that nobody asks for', `{"x":${'['.repeat(8_000)}${']'.repeat(8_000)}}`],
  ])('variables %s are bad input', async (_, variables) => {
    const query = 'query($i: EchoInput) { echo(text: "a", input: $i) }';
    const answer = await toy.ask(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
  });

  it('an object of more than 1,000 keys is refused as a whole, and one of 1,000 by its keys', async () => {
    const query = 'query($i: EchoInput) { echo(text: "a", input: $i) }';
    const ask = (keys: number) =>
      toy.ask({ query, variables: { i: Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, n])) } });
    const [refused, looked] = [await ask(1_001), await ask(1_000)];
    expect([refused.status, codes(refused)]).toEqual([400, ['BAD_USER_INPUT']]);
    expect(refused.errors[0]?.message).toBe('An object in the variables has more than 1000 keys.');
    expect(looked.errors.length).toBeGreaterThan(1);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['a variable', 'query($n: Int) { echo(text: "a", n: $n) }', { n: ' cannot represent '.repeat(10_000) }],
    ['an input key', 'query($i: EchoInput) { echo(text: "a", input: $i) }', { i: { ['key; '.repeat(30_000)]: 1 } }],
    ['a literal', `{ echo(text: "a", n: "${'secret '.repeat(8_000)}") }`, {}],
    ['the name of a field', `{ ${'secret'.repeat(10_000)} }`, {}],
    ['the name of an operation', 'query A { hello }', {}],
  ])('what was given is not repeated in full: %s', async (_, query, variables) => {
    const operationName = query.startsWith('query A') ? 'B'.repeat(200_000) : undefined;
    const answer = await toy.ask({ query, variables, ...(operationName && { operationName }) });
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
    expect(answer.text.length).toBeLessThan(5_000);
    expect(answer.text).not.toContain('cannot represent  cannot');
  });

  it('is not named where there is none', async () => {
    const { errors } = await toy.ask({ query: '{ nothing { hello: hello } }' });
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }]);
  });
});

describe('subscriptions by HTTP', () => {
  it.each([
    ['a condition without an argument', 'subscription { ticks @skip }'],
    ['a condition by a variable', 'subscription($b: Boolean!) { ticks @skip(if: $b) }'],
    ['a field that is skipped', 'subscription { ticks @skip(if: true) }'],
    ['a value that is no condition', 'subscription { ticks @skip(if: "79001234567") }'],
  ])('are refused, and nothing of their text is logged: %s', async (_, query) => {
    const { log, text: logged } = recordedLog();
    const own = await toyGraphql({ log });
    const answer = await own.ask({ query: `${query} # 79007654321`, variables: { b: true } });
    expect([answer.status, codes(answer)[0]]).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.text).not.toContain('7900');
    expect(logged()).not.toMatch(/ticks|7900|Unexpected error/);
    await own.close();
  });
});
