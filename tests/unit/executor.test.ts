// Our executor against graphql-js: the same answer, byte for byte, for whatever is asked and whatever goes wrong.
import fc from 'fast-check';
import {
  type ExecutionResult,
  execute,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { createExecutor } from '../../src/server/executor.js';
import { chaoticSchema, chaoticWorld } from '../support/chaotic-schema.js';
import { randomDocuments } from '../support/random-document.js';

const ours = createExecutor({ schema: chaoticSchema, hideSuggestions: false });

interface Asked {
  readonly source: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly seed?: number;
  readonly calm?: number;
}

async function answers({ source, variables, operationName, seed = 1, calm = 40 }: Asked): Promise<[string, string]> {
  const document = parse(source);
  const asked = {
    document,
    contextValue: { requestId: 'r1' },
    ...(variables && { variableValues: variables }),
    ...(operationName !== undefined && { operationName }),
  };
  // A world each: properties may be promises, which are what they are only once.
  const world = (): object => chaoticWorld({ seed, calm });
  const expected = told(await execute({ schema: chaoticSchema, ...asked, rootValue: world() }));
  const first = told(await ours({ ...asked, rootValue: world() }));
  const again = told(await ours({ ...asked, rootValue: world() }));
  expect(again).toBe(first);
  return [first, expected];
}

const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule && rule !== NoUnusedVariablesRule);

const told = ({ data, errors, ...rest }: ExecutionResult): string => JSON.stringify({ data, errors, ...rest });

describe('the executor answers as graphql-js does', () => {
  it('to any document, whatever the resolvers give', async () => {
    const compared = { documents: 0, withErrors: 0, withData: 0 };
    const anything = fc.tuple(
      randomDocuments(chaoticSchema),
      fc.integer(),
      fc.constantFrom(4, 15, 60, 1e9),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(anything, async ([source, seed, calm, yes]) => {
        if (validate(chaoticSchema, parse(source), rules).length > 0) return;
        const [actual, expected] = await answers({ source, variables: { yes }, seed, calm });
        expect(actual).toBe(expected);
        compared.documents++;
        if (expected.includes('"errors"')) compared.withErrors++;
        if (!expected.startsWith('{"data":null')) compared.withData++;
      }),
      { numRuns: 600 },
    );
    expect(compared.documents).toBeGreaterThan(400);
    expect(compared.withErrors).toBeGreaterThan(100);
    expect(compared.withData).toBeGreaterThan(100);
  }, 120_000);

  it.each<[string, Asked]>([
    ['an argument that is left out', { source: '{ echo }' }],
    [
      'literals',
      {
        source:
          '{ echo(n: 3, at: "2026-01-01T00:00:00Z", kinds: [GOOD, BAD], filter: { ids: "1", not: { kind: UGLY } }) }',
      },
    ],
    ['one value for a list', { source: '{ echo(kinds: UGLY) }' }],
    [
      'variables',
      {
        source: 'query($f: Filter, $k: [Kind]) { echo(filter: $f, kinds: $k) }',
        variables: { f: { ids: [1, 'b'], since: '2026-01-01T00:00:00Z' }, k: 'BAD' },
      },
    ],
    [
      'a variable inside a literal',
      { source: 'query($i: ID!, $t: Moment) { echo(filter: { ids: [$i], since: $t }) }', variables: { i: 5 } },
    ],
    [
      'defaults of variables',
      { source: 'query($n: Int = 4, $t: Moment = "2026-01-01T00:00:00Z") { echo(n: $n, at: $t) }' },
    ],
    ['null for what has a default', { source: 'query($n: Int = 4) { echo(n: $n) }', variables: { n: null } }],
    ['a variable that is missing', { source: 'query($n: Int!) { echo(n: $n) }' }],
    [
      'null for a condition',
      { source: 'query($b: Boolean = true) { plain { id leaf { id @include(if: $b) } } }', variables: { b: null } },
    ],
    [
      'null for a condition at the root',
      { source: 'query($b: Boolean = true) { echo @include(if: $b) }', variables: { b: null } },
    ],
    [
      'introspection',
      {
        source:
          '{ __schema { types { name fields { name type { name kind ofType { name } } } } } __type(name: "Leaf") { name } }',
      },
    ],
    ['an alias that is __proto__', { source: '{ __proto__: echo leaf { __proto__: id constructor: name } }' }],
    ['one operation of several', { source: 'query A { leaf { id } } query B { echo }', operationName: 'B' }],
    ['several operations and no name', { source: 'query A { leaf { id } } query B { echo }' }],
    ['a name that is not there', { source: 'query A { leaf { id } }', operationName: 'C' }],
    ['no operation', { source: 'fragment F on Leaf { id }' }],
    ['a kind of operation that the schema has not', { source: 'subscription { a }' }],
    [
      'fields that are merged',
      {
        source:
          '{ branch { leaf { id } ...F } ...G } fragment F on Branch { leaf { name } } fragment G on Query { branch { leaf { count } } }',
      },
    ],
    ['a field that is not there', { source: '{ nothing leaf { id nothing } }' }],
  ])('to %s', async (_, asked) => {
    const [actual, expected] = await answers(asked);
    expect(actual).toBe(expected);
  });

  it('to variables that are wrong, but for the values', async () => {
    const [actual, expected] = await answers({
      source: 'query($n: Int!, $f: Filter) { echo(n: $n, filter: $f) }',
      variables: { n: '5', f: { least: null, extra: 1, kind: 'GOD' } },
    });
    expect(actual).toBe(expected.replaceAll(/got invalid value (?:\\"\w+\\"|null|\{[^}]*\})/g, 'got an invalid value'));
  });

  it('and leaves no rejection unheard', async () => {
    const heard: unknown[] = [];
    const hear = (reason: unknown): void => void heard.push(reason);
    process.on('unhandledRejection', hear);
    const late = new Promise((_, reject) => setTimeout(reject, 5, new Error('late')));
    const result = await ours({ document: parse('{ leaves { id } }'), rootValue: { leaves: [late, null] } });
    const anything = fc.tuple(randomDocuments(chaoticSchema), fc.integer());
    await fc.assert(
      fc.asyncProperty(anything, async ([source, seed]) => {
        const document = parse(source);
        if (validate(chaoticSchema, document, rules).length > 0) return;
        await ours({
          document,
          variableValues: { yes: true },
          rootValue: chaoticWorld({ seed, calm: 4, promisesAnywhere: true }),
        });
      }),
      { numRuns: 300 },
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', hear);
    expect(JSON.stringify(result.data)).toBe('{"leaves":null}');
    expect(heard).toEqual([]);
  }, 60_000);
});
