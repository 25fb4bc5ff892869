// Which object type a value of an interface or a union is, once its name is known; the complaints are those of graphql-js.
import {
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';

export interface Named {
  readonly schema: GraphQLSchema;
  readonly type: GraphQLAbstractType;
  /** What resolveType said. */
  readonly name: unknown;
  readonly value: unknown;
  readonly info: GraphQLResolveInfo;
}

export function concreteType(named: Named): GraphQLObjectType {
  const { schema, type, name, info } = named;
  if (typeof name !== 'string') throw noName(named);
  const concrete = schema.getType(name);
  if (isObjectType(concrete) && schema.isSubType(type, concrete)) return concrete;
  throw new GraphQLError(
    wrongName(type.name, name, { exists: concrete !== undefined, isObject: isObjectType(concrete) }),
    {
      nodes: info.fieldNodes,
    },
  );
}

function noName({ type, name, value, info }: Named): GraphQLError {
  const where = `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${info.parentType.name}.${info.fieldName}"`;
  if (name == null) {
    const advice = `Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`;
    return new GraphQLError(`${where}. ${advice}`, { nodes: info.fieldNodes });
  }
  if (isObjectType(name)) {
    return new GraphQLError(
      'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
    );
  }
  return new GraphQLError(`${where} with value ${inspect(value)}, received "${inspect(name)}".`);
}

function wrongName(type: string, name: string, found: { exists: boolean; isObject: boolean }): string {
  if (!found.exists)
    return `Abstract type "${type}" was resolved to a type "${name}" that does not exist inside the schema.`;
  if (!found.isObject) return `Abstract type "${type}" was resolved to a non-object type "${name}".`;
  return `Runtime Object type "${name}" is not a possible type for "${type}".`;
}
