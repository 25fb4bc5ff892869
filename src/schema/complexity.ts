// What one operation costs with its variables: a leaf 0, an object 1, a list as often as it has items at most. Counted by
// graphql-query-complexity, as TypeGraphQL does; a field may state its own cost with @Field({ complexity }).
import { createRequire } from 'node:module';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  visit,
} from 'graphql';
import type { ComplexityEstimator } from 'graphql-query-complexity';
import { tooMuch } from './document-limits.js';

export interface Priced {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

export type CostOf = (operation: Priced) => number;

// Its ES modules load graphql a second time, and no type of ours is an instance of that copy's classes.
const { fieldExtensionsEstimator, getComplexity } = createRequire(import.meta.url)(
  'graphql-query-complexity',
) as typeof import('graphql-query-complexity');

const pageArguments: ReadonlySet<string> = new Set(['first', 'last']);
const defaultPage = 20;
const longestPage = 100;
/** Lists that can't grow have no page arguments. */
const shortList = 10;
/** Kept for each document: one for each combination of its page sizes and conditions. */
const keptCosts = 64;

/** Cached, because the count walks the whole document. Expects variables that were found good. */
export function costCounter(schema: GraphQLSchema): CostOf {
  const known = new WeakMap<DocumentNode, KnownCosts>();
  const count = ({ document, operationName, variableValues }: Priced): number =>
    getComplexity({
      schema,
      query: document,
      variables: { ...variableValues },
      estimators: [fieldExtensionsEstimator(), estimate],
      ...(operationName != null && { operationName }),
    });
  return (operation) => {
    const { document, operationName, variableValues } = operation;
    const costs = known.get(document) ?? { ...variablesIn(document), byValues: new Map() };
    known.set(document, costs);
    const values = costs.deciding.map((name) => variableValues?.[name]);
    const nulls = costs.all.map((name) => variableValues?.[name] === null);
    const key = JSON.stringify([operationName, values, nulls]);
    const cost = costs.byValues.get(key) ?? count(operation);
    if (costs.byValues.size >= keptCosts) costs.byValues.clear();
    costs.byValues.set(key, cost);
    return cost;
  };
}

export function costRefusal(cost: () => number, maxCost: number): GraphQLError | undefined {
  try {
    const asked = cost();
    return asked > maxCost
      ? tooMuch(`The query costs ${asked}; ${maxCost} are allowed. Ask for shorter lists.`)
      : undefined;
  } catch (error) {
    // It gives up on 10,000 fields, which fragments within fragments reach quickly.
    if (error instanceof Error && error.message.includes('maximum allowed number of nodes'))
      return tooMuch('The query has too many fields.');
    // A variable is null where its argument must not be: nothing of it runs, because what it costs is not known.
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

interface KnownCosts {
  /** Variables that stand for a page size or a condition. */
  readonly deciding: readonly string[];
  /** Each may be null where its argument must not be, and then there is no cost. */
  readonly all: readonly string[];
  readonly byValues: Map<string, number>;
}

const estimate: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const named = getNamedType(field.type);
  // The rest of the introspection types are below __schema and __type, whose cost this is.
  if (isLeafType(named) || isIntrospectionType(named)) return 0;
  const each = 1 + childComplexity;
  if (field.args.some(({ name }) => pageArguments.has(name))) {
    const page = pageSize(args.first ?? args.last);
    return isConnection(named) ? 1 + page * childComplexity : page * each;
  }
  return isListType(getNullableType(field.type)) && !isConnection(type) ? shortList * each : each;
};

/** What is out of range is refused by name where pages are read, not here. */
const pageSize = (asked: unknown): number =>
  typeof asked === 'number' ? Math.min(Math.max(asked, 1), longestPage) : defaultPage;

/** Its own lists are as long as its page, by which it was multiplied. */
const isConnection = (type: unknown): boolean => isObjectType(type) && isPageInfo(type.getFields().pageInfo);
const isPageInfo = (field: GraphQLField<unknown, unknown> | undefined): boolean =>
  field !== undefined && getNamedType(field.type).name === 'PageInfo';

function variablesIn(document: DocumentNode): Pick<KnownCosts, 'deciding' | 'all'> {
  const deciding = new Set<string>();
  const all = new Set<string>();
  visit(document, {
    VariableDefinition({ variable }) {
      all.add(variable.name.value);
    },
    Argument({ name, value }) {
      if (value.kind === Kind.VARIABLE && (name.value === 'if' || pageArguments.has(name.value)))
        deciding.add(value.name.value);
    },
  });
  return { deciding: [...deciding], all: [...all] };
}
