// What operations cost: a full page of every list of the contract fits, and nothing that multiplies does.
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { costCounter, costRefusal } from '../../src/schema/complexity.js';

type Field = GraphQLField<unknown, unknown>;

const contract = buildSchema(readFileSync('tests/contracts/contract.graphql', 'utf8'));
const costOf = costCounter(contract);
const cost = (query: string, variableValues: Record<string, unknown> = {}): number =>
  costOf({ document: parse(query), variableValues });

const isPaged = ({ args }: Field): boolean => args.some(({ name }) => name === 'first');
const fieldsOf = (type: GraphQLObjectType): Field[] =>
  Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));

/** Everything of a type, and everything of what it leads to without pages. */
function everything(type: GraphQLObjectType, levels: number): string {
  const parts = fieldsOf(type).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (isLeafType(inner)) return [field.name];
    return levels > 0 && isObjectType(inner) && !isPaged(field)
      ? [`${field.name} ${everything(inner, levels - 1)}`]
      : [];
  });
  return `{ __typename ${parts.join(' ')} }`;
}

const lists = fieldsOf(contract.getQueryType() as GraphQLObjectType).filter(
  (field) => isObjectType(getNamedType(field.type)) && (isPaged(field) || isListType(getNullableType(field.type))),
);

it('the contract has lists', () => expect(lists.length).toBeGreaterThan(20));

it.each(lists.map((field) => [field.name, field] as const))(
  'a full page of %s fits, with all that its items lead to',
  (name, field) => {
    const type = getNamedType(field.type) as GraphQLObjectType;
    const items = isPaged(field)
      ? `(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes ${everything(itemsOf(type), 1)} }`
      : everything(type, 1);
    expect(cost(`{ ${name} ${items} }`)).toBeLessThanOrEqual(5_000);
  },
);

const itemsOf = (connection: GraphQLObjectType): GraphQLObjectType =>
  getNamedType(connection.getFields().nodes?.type as Field['type']) as GraphQLObjectType;

it.each<[string, number, Record<string, unknown>?]>([
  ['{ viewer { abilities } }', 1],
  ['{ viewer { user { login name } } }', 2],
  ['{ users { login } }', 10],
  ['{ clients { totalCount } }', 1],
  ['{ clients { nodes { id } } }', 1 + 20],
  ['{ clients(first: 7) { nodes { id } } }', 1 + 7],
  ['{ clients(last: 7) { edges { node { id } } pageInfo { hasNextPage } } }', 1 + 7 * 3],
  ['query($n: Int) { clients(first: $n) { nodes { id } } }', 1 + 50, { n: 50 }],
  ['query($n: Int = 9) { clients(first: $n) { nodes { id } } }', 1 + 9],
  ['query($n: Int) { clients(first: $n) { nodes { id } } }', 1 + 20, { n: null }],
  ['query($b: Boolean!) { clients @include(if: $b) { nodes { id } } }', 0, { b: false }],
  ['{ clients(first: 100000) { nodes { id } } }', 1 + 100],
  ['{ mailings(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }', 1 + 100 * (1 + 1 + 100)],
  ['{ users { login } ...F } fragment F on Query { viewer { user { id } } }', 12],
])('%s costs %i', (...[query, expected, variables]) => {
  expect(cost(query, variables)).toBe(expected);
});

it('counts anew for other variables, and once for the same', () => {
  const document = parse(
    'query($n: Int, $search: String) { clients(first: $n, filter: { search: $search }) { nodes { id } } }',
  );
  const of = (variableValues: Record<string, unknown>): number => costOf({ document, variableValues });
  expect([of({ n: 1 }), of({ n: 2, search: 'a' }), of({ n: 1, search: 'b' }), of({})]).toEqual([2, 3, 2, 21]);
});

it('counts the operation that is meant', () => {
  const document = parse('query A { users { id } } query B { viewer { user { id } } }');
  expect([costOf({ document, operationName: 'A' }), costOf({ document, operationName: 'B' })]).toEqual([10, 2]);
});

it('takes nothing for introspection', () => expect(cost(getIntrospectionQuery())).toBe(0));

it('gives up on fragments that multiply, soon', () => {
  const levels = 25;
  const fragments = Array.from(
    { length: levels },
    (_, n) =>
      `fragment F${n} on Mailing { ...G${n} ...H${n} } fragment G${n} on Mailing { ...F${n + 1} } fragment H${n} on Mailing { ...F${n + 1} }`,
  );
  const document = parse(
    `{ mailings { nodes { ...F0 } } } ${fragments.join(' ')} fragment F${levels} on Mailing { id }`,
  );
  const began = performance.now();
  expect(costRefusal(() => costOf({ document }), 5_000)?.extensions.code).toBe('QUERY_TOO_COMPLEX');
  expect(performance.now() - began).toBeLessThan(1_000);
});
