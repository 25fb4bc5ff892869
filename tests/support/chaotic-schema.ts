// A schema with every kind of type, and a world behind it in which anything may go wrong, the same way each time.
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

const Moment = new GraphQLScalarType<Date, string>({
  name: 'Moment',
  serialize(value) {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('Moment: expected a Date');
  },
  parseValue(value) {
    if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return new Date(value);
    throw new TypeError('Moment: expected a time');
  },
});
const Kind = new GraphQLEnumType({ name: 'Kind', values: { GOOD: { value: 'good' }, BAD: { value: 2 }, UGLY: {} } });
const Filter: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'Filter',
  fields: () => ({
    kind: { type: Kind, defaultValue: 'good' },
    ids: { type: new GraphQLList(new GraphQLNonNull(GraphQLID)) },
    since: { type: Moment },
    not: { type: Filter },
    least: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 1 },
  }),
});
const Named = new GraphQLInterfaceType({ name: 'Named', fields: { name: { type: GraphQLString } } });
const required = <T extends GraphQLOutputType>(type: T) => new GraphQLNonNull(type as never) as GraphQLOutputType;
const listOf = (type: GraphQLOutputType) => new GraphQLList(type);

const read = (source: unknown, name: string): unknown => (source as Record<string, unknown>)[name];

const Leaf: GraphQLObjectType = new GraphQLObjectType({
  name: 'Leaf',
  interfaces: [Named],
  fields: {
    id: { type: required(GraphQLID) },
    name: { type: GraphQLString },
    count: { type: required(GraphQLInt) },
    share: { type: GraphQLFloat },
    open: { type: GraphQLBoolean },
    kind: { type: Kind },
    at: { type: Moment },
    tags: { type: listOf(required(GraphQLString)) },
  },
});
const Branch: GraphQLObjectType = new GraphQLObjectType({
  name: 'Branch',
  interfaces: [Named],
  fields: () => ({
    id: { type: required(GraphQLID) },
    name: { type: GraphQLString },
    leaf: { type: Leaf },
    leaves: { type: required(listOf(required(Leaf))) },
    some: { type: listOf(Leaf) },
    grid: { type: listOf(listOf(required(GraphQLInt))) },
    next: { type: Branch, resolve: (source) => read(source, 'next') },
    must: { type: required(Branch), resolve: async (source) => read(source, 'must') },
    any: { type: Any, args: { n: { type: GraphQLInt } } },
    named: { type: listOf(Named), resolve: (source) => read(source, 'named') },
    picky: { type: Picky },
  }),
});
const Picky: GraphQLObjectType = new GraphQLObjectType({
  name: 'Picky',
  fields: { name: { type: GraphQLString }, ok: { type: required(GraphQLBoolean) } },
  isTypeOf: (value) => {
    const isOne = read(value, 'ok') === true;
    return read(value, 'name') === 'slow' ? Promise.resolve(isOne) : isOne;
  },
});
const Any: GraphQLUnionType = new GraphQLUnionType({
  name: 'Any',
  types: () => [Leaf, Branch, Picky],
  resolveType: (value) => {
    const name = read(value, '__typename') as string;
    return read(value, 'id') === 'later' ? Promise.resolve(name) : name;
  },
});
const rootFields = {
  leaf: { type: Leaf, resolve: (source: unknown) => read(source, 'leaf') },
  leaves: { type: listOf(required(Leaf)), resolve: async (source: unknown) => read(source, 'leaves') },
  branch: { type: Branch, resolve: async (source: unknown) => read(source, 'branch') },
  branches: { type: required(listOf(Branch)), resolve: (source: unknown) => read(source, 'branches') },
  any: { type: listOf(Any), resolve: async (source: unknown) => read(source, 'any') },
  plain: { type: Branch },
  echo: {
    type: GraphQLString,
    args: {
      n: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 7 },
      filter: { type: Filter },
      at: { type: Moment },
      kinds: { type: new GraphQLList(Kind) },
    },
    resolve: (_: unknown, args: object, context: unknown) => JSON.stringify([args, context]),
  },
};

export const chaoticSchema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: rootFields }),
  mutation: new GraphQLObjectType({ name: 'Mutation', fields: rootFields }),
  types: [Leaf, Branch, Picky],
});

export interface World {
  readonly seed: number;
  /** One value in so many is not what its type wants. */
  readonly calm: number;
  /**
   * Promises below items that may not be null, too. graphql-js forgets those of a list that failed before they did, and
   * their rejections then end the process.
   */
  readonly promisesAnywhere?: boolean;
}

/** What is behind the root fields; the same for the same seed. */
export function chaoticWorld({ seed, calm, promisesAnywhere = false }: World): object {
  const random = mulberry(seed);
  const chance = (n: number): boolean => random() < 1 / n;
  const value = (type: GraphQLOutputType, place: Place): unknown => {
    if (chance(calm)) {
      // What is put into one more list may find itself where an item may not be null.
      const deeper = { ...place, promises: place.promises && promisesAnywhere };
      const given = { value: () => value(type, place), nested: () => value(type, deeper) };
      return fault(given, random, place.promises);
    }
    if (isNonNullType(type)) return value(type.ofType, place);
    if (chance(10)) return null;
    if (isListType(type)) {
      const promises = place.promises && (promisesAnywhere || !isNonNullType(type.ofType));
      return Array.from({ length: Math.floor(random() * 3) }, () => value(type.ofType, { ...place, promises }));
    }
    if (isAbstractType(type))
      return object([Leaf, Branch, Picky][Math.floor(random() * 3)] as GraphQLObjectType, place);
    return isObjectType(type) ? object(type, place) : scalar(type, random);
  };
  const object = (type: GraphQLObjectType, { depth, promises }: Place): object | null => {
    if (depth > 3) return null;
    const fields = Object.values(type.getFields()).map(
      (field) => [field.name, value(field.type, { depth: depth + 1, promises })] as const,
    );
    return { __typename: chance(20) ? 'Nothing' : type.name, ...Object.fromEntries(fields) };
  };
  return object(chaoticSchema.getQueryType() as GraphQLObjectType, { depth: 0, promises: true }) ?? {};
}

interface Place {
  readonly depth: number;
  readonly promises: boolean;
}

function scalar(type: GraphQLOutputType, random: () => number): unknown {
  const n = Math.floor(random() * 100);
  if (isEnumType(type)) return ['good', 2, 'UGLY'][n % 3];
  if (type === Moment) return new Date(n * 1e9);
  if (type === GraphQLID) return n === 7 ? 'later' : String(n);
  if (type === GraphQLInt) return n;
  if (type === GraphQLFloat) return n / 7;
  if (type === GraphQLBoolean) return n > 30;
  return n === 3 ? 'slow' : `text "${n}" \n ы ${n}`;
}

function fault(
  { value, nested }: Record<'value' | 'nested', () => unknown>,
  random: () => number,
  promises: boolean,
): unknown {
  const atOnce: (() => unknown)[] = [
    () => null,
    () => undefined,
    () => new Error('an error as a value'),
    () => {
      const given = value();
      return () => given;
    },
    () => () => {
      throw Object.assign(new Error('thrown'), { extensions: { code: 'CODE', detail: [1] } });
    },
    () => ({}),
    () => Number.NaN,
    () => 2 ** 40,
    () => [nested()],
    () => 'not what was expected',
    () => Symbol('strange'),
    () => new Date(Number.NaN),
    () => new Set([nested(), nested()]),
  ];
  const later: (() => unknown)[] = [
    () => Promise.resolve(value()),
    () => handled(Promise.reject(new Error('a rejection'))),
    () => handled(Promise.reject('a rejected string')),
  ];
  const faults = promises ? [...atOnce, ...later] : atOnce;
  return faults[Math.floor(random() * faults.length)]?.();
}

/** The world is made before anybody asks. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
