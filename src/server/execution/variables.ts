// The variables of an operation as its definitions want them, as section 6.1.2 of the GraphQL specification words it. What is
// complained about is what graphql-js complains about, but without the values: they may be somebody's number, or 256 kB long.
import {
  coerceInputValue,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isInputType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

export interface GivenVariables {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly given: Readonly<Record<string, unknown>>;
  /** Leaves "Did you mean" out of what is said about them. */
  readonly hideSuggestions: boolean;
}

export type VariableValues =
  | { readonly coerced: Record<string, unknown>; readonly errors?: undefined }
  | { readonly coerced?: undefined; readonly errors: readonly GraphQLError[] };

/** Enough to go on with, of a value that is wrong in 20,000 ways. */
const maxErrors = 50;
const maxNesting = 32;

/** No input nests deeper than a few levels; what is written or read recursively could exhaust the stack. */
export const nestsTooDeep = (value: unknown): boolean => isDeeperThan(maxNesting, value);

export function variablesOf({ schema, operation, given, hideSuggestions }: GivenVariables): VariableValues {
  if (nestsTooDeep(given))
    return { errors: [new GraphQLError(`The variables nest deeper than ${maxNesting} levels.`)] };
  const errors: GraphQLError[] = [];
  const tell = (error: GraphQLError): void => {
    if (errors.push(error) > maxErrors) throw new TooManyErrors();
  };
  const coerced: Record<string, unknown> = {};
  try {
    for (const definition of operation.variableDefinitions ?? []) {
      const name = definition.variable.name.value;
      const type = typeFromAST(schema, definition.type);
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (value == null || !isInputType(type)) {
        const alone = getVariableValues(schema, [definition], given);
        alone.errors?.forEach(tell);
        Object.assign(coerced, alone.coerced);
      } else {
        coerced[name] = coercedValue({ definition, type, value, hideSuggestions, tell });
      }
    }
  } catch (error) {
    if (!(error instanceof TooManyErrors)) throw error;
    errors[maxErrors] = new GraphQLError('Too many errors in the variables; the rest is not told.');
  }
  return errors.length > 0 ? { errors } : { coerced };
}

class TooManyErrors extends Error {}

interface Coercion {
  readonly definition: VariableDefinitionNode;
  readonly type: GraphQLInputType;
  readonly value: unknown;
  readonly hideSuggestions: boolean;
  readonly tell: (error: GraphQLError) => void;
}

function coercedValue({ definition, type, value, hideSuggestions, tell }: Coercion): unknown {
  const name = definition.variable.name.value;
  const onError = (path: readonly (string | number)[], _value: unknown, error: GraphQLError): void => {
    const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    const where = place && ` at "${name}${place}"`;
    const message = `Variable "$${name}" got an invalid value${where}; ${error.message}`;
    tell(new GraphQLError(message, { nodes: definition, originalError: error }));
  };
  return coerceInputValue(value, type, onError, hideSuggestions);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // Plain JSON: `in` visits what Object.values would copy.
  for (const key in value) if (isDeeperThan(levels - 1, value[key as keyof typeof value])) return true;
  return false;
}
