// graphql-shield in front of every root field, from the one policy table: what no row opens keeps the server from
// starting. Rules stand on root fields only: on leaves they halve the throughput.
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { deny, rule, shield } from 'graphql-shield';
import { demand, demandOwnPassword, type PolicyName } from '../auth/policies.js';
import type { Viewer } from '../auth/viewer.js';
import { Failure } from '../shared/errors.js';

export interface Guards {
  /** `Query.users`, `Mutation.signIn` …: the row of the policy table that opens it. */
  readonly rootFields: Readonly<Record<string, PolicyName>>;
  /** Object fields that lead into another domain, whose row is asked too. */
  readonly crossings: Readonly<Record<string, PolicyName>>;
  readonly openBeforePasswordChange: ReadonlySet<string>;
}

/** Changes the resolvers of the schema in place. */
export function guardSchema(schema: GraphQLSchema, guards: Guards): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  );
  const open = roots.flatMap(coordinatesOf).filter((coordinate) => !Object.hasOwn(guards.rootFields, coordinate));
  if (open.length > 0) throw new Error(`root fields without a rule: ${open.join(', ')}`);
  const middleware = shield(rulesFor(roots, guards), shieldOptions).generate(schema) as Middleware;
  for (const root of roots) {
    for (const field of Object.values(root.getFields())) guardRoot(field, middlewareOf(middleware, root, field));
  }
  for (const [coordinate, policy] of Object.entries(guards.crossings)) guardCrossing(schema, coordinate, policy);
}

/** Throws what a viewer is to be told who may not have this root field: sockets ask it before each event. */
export function demandRootField(viewer: Viewer, coordinate: string, guards: Guards): void {
  const policy = Object.hasOwn(guards.rootFields, coordinate) ? guards.rootFields[coordinate] : undefined;
  if (!policy) throw new Failure('FORBIDDEN', 'This account may not do that.');
  demand(viewer, policy);
  if (!guards.openBeforePasswordChange.has(coordinate)) demandOwnPassword(viewer);
}

interface Asking {
  readonly viewer: Viewer;
}

type Resolver = GraphQLFieldResolver<unknown, Asking>;
type FieldMiddleware = (resolve: Resolver, ...field: Parameters<Resolver>) => Promise<unknown>;
type Middleware = Readonly<Record<string, Readonly<Record<string, FieldMiddleware>>>>;
type Field = GraphQLField<unknown, Asking>;

const shieldOptions = {
  debug: false,
  allowExternalErrors: true,
  fallbackRule: deny,
  fallbackError: new Failure('FORBIDDEN', 'This account may not do that.'),
  // Of rules that are cached; none is.
  hashFunction: () => '',
};

const coordinatesOf = (type: GraphQLObjectType): string[] =>
  Object.keys(type.getFields()).map((name) => `${type.name}.${name}`);

function rulesFor(roots: readonly GraphQLObjectType[], guards: Guards) {
  const ruleFor = (coordinate: string) =>
    rule(coordinate)((_source: unknown, _args: unknown, { viewer }: Asking) =>
      permits(() => demandRootField(viewer, coordinate, guards)),
    );
  return Object.fromEntries(
    roots.map((root) => [
      root.name,
      Object.fromEntries(Object.keys(root.getFields()).map((name) => [name, ruleFor(`${root.name}.${name}`)])),
    ]),
  );
}

/** Shield takes what a rule throws for a mere no, and an error that it returns for the answer. */
function permits(demanded: () => void): true | Error {
  try {
    demanded();
    return true;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function middlewareOf(middleware: Middleware, root: GraphQLObjectType, field: Field): FieldMiddleware {
  const found = middleware[root.name]?.[field.name];
  if (!found) throw new Error(`graphql-shield made nothing for ${root.name}.${field.name}`);
  return found;
}

/** Shield guards `resolve` only: of a subscription that is each event, after the stream was opened. */
function guardRoot(field: Field, guard: FieldMiddleware): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (...call) => guard(resolve, ...call);
  if (subscribe) field.subscribe = (...call) => guard(subscribe, ...call);
}

/** Beside shield, which would make a promise of each of a thousand items. */
function guardCrossing(schema: GraphQLSchema, coordinate: string, policy: PolicyName): void {
  const [typeName = '', fieldName = ''] = coordinate.split('.');
  const type = schema.getType(typeName);
  const field: Field | undefined =
    type && 'getFields' in type ? (type.getFields()[fieldName] as Field | undefined) : undefined;
  if (!field) return;
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (...call) => {
    const [, , { viewer }] = call;
    demand(viewer, policy);
    return resolve(...call);
  };
}
