// The policy table in front of every root field: nothing without a rule, nothing before the rule, streams included.
import { createSourceEventStream, type ExecutionResult, type GraphQLObjectType, graphql, parse } from 'graphql';
import { nobody, type Viewer } from '../../src/auth/viewer.js';
import { demandRootField, guardSchema } from '../../src/schema/shield.js';
import { toyGuards, toySchema } from '../support/toy-graphql.js';

const origin = { door: 'GRAPHQL', address: '203.0.113.7', loopback: false, requestId: 'r' } as const;
const anonymous: Viewer = { identity: nobody, origin };
const person = (role: 'VIEWER' | 'ADMIN', mustChangePassword = false): Viewer => ({
  identity: {
    kind: 'person',
    personId: '1',
    login: 'p',
    role,
    mustChangePassword,
    tokenId: '1',
    expiresAt: null,
    scopes: null,
  },
  origin,
});

const codeOf = (result: ExecutionResult): unknown =>
  (result.errors?.[0]?.originalError as { code?: unknown } | undefined)?.code;

it('refuses to start while a root field has no rule, and names it', () => {
  const { 'Query.secret': _, 'Subscription.ticks': __, ...rootFields } = toyGuards.rootFields;
  expect(() => guardSchema(toySchema(), { ...toyGuards, rootFields })).toThrow(
    'root fields without a rule: Query.secret, Subscription.ticks',
  );
});

it('puts nothing in front of other fields', () => {
  const schema = toySchema();
  guardSchema(schema, { ...toyGuards, crossings: {} });
  const person = schema.getType('Person') as GraphQLObjectType;
  expect(Object.values(person.getFields()).map(({ resolve }) => resolve)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it.each<[string, Viewer, unknown, string[]]>([
  ['nobody', anonymous, 'UNAUTHENTICATED', []],
  ['somebody else', person('VIEWER'), 'FORBIDDEN', []],
  ['somebody with a one-time password', person('ADMIN', true), 'FORBIDDEN', []],
  ['whoever may', person('ADMIN'), undefined, ['secret']],
])('%s', async (...[, viewer, code, ran]) => {
  const called: string[] = [];
  const schema = toySchema(called);
  guardSchema(schema, toyGuards);
  const result = await graphql({ schema, source: '{ secret }', contextValue: { viewer } });
  expect(codeOf(result)).toBe(code);
  expect(called).toEqual(ran);
});

it.each<[string, Viewer, unknown]>([
  ['nobody', anonymous, 'UNAUTHENTICATED'],
  ['whoever may', person('VIEWER'), undefined],
])('a stream is opened by the same rule: %s', async (...[, viewer, code]) => {
  const schema = toySchema();
  const ticks = schema.getSubscriptionType()?.getFields().ticks;
  let opened = 0;
  if (ticks) {
    ticks.subscribe = async function* () {
      opened++;
      yield { ticks: 1 };
    };
  }
  guardSchema(schema, toyGuards);
  const stream = await createSourceEventStream({
    schema,
    document: parse('subscription { ticks }'),
    contextValue: { viewer },
  });
  if (Symbol.asyncIterator in stream) await stream[Symbol.asyncIterator]().next();
  expect('errors' in stream ? codeOf(stream) : undefined).toBe(code);
  expect(opened).toBe(code ? 0 : 1);
});

it('denies what the table does not name', () => {
  expect(() => demandRootField(person('ADMIN'), 'Query.toString', toyGuards)).toThrow('may not');
  expect(() => demandRootField(person('ADMIN'), 'Query.hello', toyGuards)).not.toThrow();
});
