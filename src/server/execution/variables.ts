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
/** No input type nests deeper than a few levels. Code that reads or writes values recursively could exhaust the stack. */
const maxNesting = 32;
/** An input type has some dozens of fields at most. Each unknown key costs time: an error is made for it. */
const maxKeys = 1_000;
/** No name in the schema is as long. A suggestion compares every letter of what was given, so longer texts get none. */
const longestName = 1_000;

/** Whether it nests deeper, or has more keys, than variables may. */
export function isOutsized(value: unknown): boolean {
  const { depth, keys } = shapeOf(value);
  return depth > maxNesting || keys > maxKeys;
}

export function variablesOf({ schema, operation, given, ...options }: GivenVariables): VariableValues {
  const { depth, keys, longest } = shapeOf(given);
  if (depth > maxNesting) return { errors: [new GraphQLError(`The variables nest deeper than ${maxNesting} levels.`)] };
  if (keys > maxKeys)
    return { errors: [new GraphQLError(`An object in the variables has more than ${maxKeys} keys.`)] };
  const hideSuggestions = options.hideSuggestions || longest > longestName;
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

interface Shape {
  /** Levels of objects and lists. The walk stops at a value that nests too deep or has too many keys. */
  depth: number;
  /** The number of keys of the object that has most. */
  keys: number;
  /** The length of the longest key or text value. */
  longest: number;
}

function shapeOf(value: unknown, depth = 0, shape: Shape = { depth: 0, keys: 0, longest: 0 }): Shape {
  if (typeof value === 'string') shape.longest = Math.max(shape.longest, value.length);
  if (typeof value !== 'object' || value === null) return shape;
  shape.depth = Math.max(shape.depth, depth + 1);
  if (shape.depth > maxNesting) return shape;
  if (Array.isArray(value)) for (const item of value) shapeOf(item, depth + 1, shape);
  else {
    const keys = Object.keys(value);
    shape.keys = Math.max(shape.keys, keys.length);
    if (shape.keys > maxKeys) return shape;
    for (const key of keys) {
      shape.longest = Math.max(shape.longest, key.length);
      shapeOf(value[key as keyof typeof value], depth + 1, shape);
    }
  }
  return shape;
}
