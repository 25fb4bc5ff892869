// The short way around Apollo gives the very answers that Apollo gives, and is taken only for what Apollo let through.

import { ApolloServer } from '@apollo/server';
import { jest } from '@jest/globals';
import { type Answer, type Asked, type ToyGraphql, toyGraphql } from '../support/toy-graphql.js';

let toy: ToyGraphql;
let throughApollo: ReturnType<typeof jest.spyOn>;
beforeEach(async () => {
  toy = await toyGraphql();
  throughApollo = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
});
afterEach(async () => {
  throughApollo.mockRestore();
  await toy.close();
});

const told = ({ status, headers, text }: Answer): object => ({
  status,
  type: headers.get('content-type'),
  cache: headers.get('cache-control'),
  text: text.replaceAll(/"requestId":"[^"]+"/g, '"requestId":"…"'),
});

const query = 'query A($n: Int, $t: String = "a") { hello echo(text: $t, n: $n) } query B { team { id } }';

/** A body, and how it is asked. */
const known: [string, unknown, Asked?][] = [
  ['one operation of several', { query, operationName: 'B' }],
  ['variables', { query, operationName: 'A', variables: { n: 5 } }],
  ['nulls', { query, operationName: 'B', variables: null, extensions: null }],
  ['variables that are wrong', { query, operationName: 'A', variables: { n: '5' } }],
  ['an operation that is not there', { query, operationName: 'C' }],
  ['no name where there are several', { query }],
  ['partial data', { query: '{ hello invalid broken }' }],
  ['no data', { query: 'query { people { totalCount } invalid }' }],
  ['what is not allowed', { query: '{ hello secret }' }],
  ['the schema, as nobody', { query: '{ __schema { types { name } } }' }],
  ['the schema, as somebody', { query: '{ __schema { types { name } } }' }, { token: 'person-1' }],
  [
    'too expensive a query',
    { query: 'query($n: Int) { people(first: $n) { nodes { friends(first: $n) { id } } } }', variables: { n: 90 } },
  ],
  ['a mutation', { query: 'mutation { bump }' }],
  ['a subscription', { query: 'subscription { ticks }' }],
  ['another media type', { query: '{ hello }' }, { accept: 'application/graphql-response+json' }],
  [
    'a choice of media types',
    { query: '{ hello }' },
    { accept: 'text/html;q=0.5, application/json;q=0.8, application/graphql-response+json;q=0.9' },
  ],
  ['anything', { query: '{ hello }' }, { accept: '*/*' }],
];

it.each(known)('answers alike: %s', async (...[, body, asked]) => {
  await toy.ask({ query: '{ hello }' }, asked);
  const first = await toy.ask(body, asked);
  expect(throughApollo).toHaveBeenCalledTimes((body as { query: string }).query === '{ hello }' ? 1 : 2);
  throughApollo.mockClear();
  const fresh = await toyGraphql();
  const expected = await fresh.ask(body, asked);
  expect(throughApollo).toHaveBeenCalledTimes(1);
  throughApollo.mockClear();
  const again = await toy.ask(body, asked);
  expect(throughApollo).not.toHaveBeenCalled();
  await fresh.close();
  expect(told(again)).toEqual(told(expected));
  expect(told(first)).toEqual(told(expected));
});

const foreign: [string, unknown, Asked?][] = [
  ['an array', [{ query: '{ hello }' }]],
  ['text', '{"query":"{ hello }"}', { contentType: 'text/plain' }],
  ['a form', 'query={ hello }', { contentType: 'application/x-www-form-urlencoded' }],
  ['a persisted query', { query: '{ hello }', extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }],
  ['variables that are no object', { query: '{ hello }', variables: 'a' }],
  ['a name that is no text', { query: '{ hello }', operationName: 5 }],
  ['a media type that we have not', { query: '{ hello }' }, { accept: 'image/png' }],
  ['a document that is not valid', { query: '{ helo }' }],
  ['a document that is too large', { query: `{ ${'hello '.repeat(449)} }` }],
];

it.each(foreign)('leaves to Apollo each time: %s', async (...[, body, asked]) => {
  await toy.ask({ query: '{ hello }' }, asked?.accept ? {} : asked);
  for (let time = 0; time < 2; time++) {
    throughApollo.mockClear();
    const { data, errors } = await toy.ask(body, asked);
    expect(data).toBeUndefined();
    expect(errors).not.toEqual([]);
    expect(throughApollo).toHaveBeenCalledTimes(1);
  }
});
