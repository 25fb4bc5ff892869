// The executable schema, from the resolver classes; schema.graphql is printed from it.
import type { GraphQLSchema } from 'graphql';
import { buildSchema as buildTypeGraphqlSchema, type NonEmptyArray } from 'type-graphql';
import { readPropertiesInline } from './property-fields.js';
import { DateTimeScalar } from './scalars.js';

export type ResolverClass = new () => object;

export function buildSchema(resolvers: readonly [ResolverClass, ...ResolverClass[]]): Promise<GraphQLSchema> {
  readPropertiesInline();
  return buildTypeGraphqlSchema({
    resolvers: [...resolvers] as NonEmptyArray<ResolverClass>,
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    // Inputs are checked by the zod schemas beside the services, for every door alike.
    validate: false,
    pubSub: noPubSub,
  });
}

/** TypeGraphQL wants one; every subscription brings a `subscribe` of its own, from the hub of live events. */
const noPubSub = {
  publish: refuse,
  subscribe: refuse,
};

function refuse(): never {
  throw new Error('a subscription needs `subscribe`, from the hub');
}
