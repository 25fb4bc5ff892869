// A minimal document for any root field of a schema: required arguments filled with samples, one leaf selected.
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

export interface RootFieldDocument {
  /** E.g. Query.users. */
  readonly coordinate: string;
  readonly query: string;
}

const samples: Readonly<Record<string, string>> = {
  ID: '"999999999"',
  String: '"sample"',
  Int: '1',
  Float: '1.5',
  Boolean: 'true',
  DateTime: '"2099-01-01T00:00:00Z"',
  JSON: '{}',
};

/** `overrides` gives literals for arguments by coordinate, e.g. 'Mutation.signIn': { login: '"admin"' }. */
export function rootFieldDocuments(
  schema: GraphQLSchema,
  overrides: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): RootFieldDocument[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map((field) => {
      const coordinate = `${root?.name}.${field.name}`;
      const call = `${field.name}${argumentsOf(field, overrides[coordinate] ?? {})}${selectionOf(field.type)}`;
      return { coordinate, query: `${root?.name.toLowerCase()} { ${call} }` };
    }),
  );
}

function argumentsOf(field: GraphQLField<unknown, unknown>, given: Readonly<Record<string, string>>): string {
  const wanted = field.args.filter((argument) => isRequiredArgument(argument) || argument.name in given);
  const pairs = wanted.map(({ name, type }) => `${name}: ${given[name] ?? sampleOf(type)}`);
  return pairs.length > 0 ? `(${pairs.join(', ')})` : '';
}

function sampleOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return sampleOf(type.ofType);
  if (isListType(type)) return `[${sampleOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? 'null';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map(({ name, type: of }) => `${name}: ${sampleOf(of)}`).join(', ')} }`;
  }
  return samples[type.name] ?? '"sample"';
}

function selectionOf(type: GraphQLOutputType): string {
  return isObjectType(getNamedType(type)) ? ' { __typename }' : '';
}
