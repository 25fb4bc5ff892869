// GraphQL over HTTP as its specification says, and what hostile requests get: T2 to T6 and everything around them.
import { Agent, request as httpRequest } from 'node:http';
import { serverAudits } from 'graphql-http';
import { recordedLog } from '../support/http-server.js';
import { type Answer, type ToyGraphql, toyGraphql } from '../support/toy-graphql.js';

let toy: ToyGraphql;
beforeAll(async () => {
  toy = await toyGraphql();
});
afterAll(() => toy.close());
beforeEach(() => {
  toy.called.length = 0;
});

const nested = (levels: number): string => `{ team ${'{ friend '.repeat(levels - 2)}{ id }${' }'.repeat(levels - 2)} }`;
const codes = ({ errors }: Answer): unknown[] => errors.map(({ extensions }) => extensions.code);

/** Some of them ask for the schema, which nobody gets. */
const asSomebody = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { ...Object.fromEntries(new Headers(init.headers)), authorization: 'Bearer person-1' },
  });

describe('the audits of graphql-http', () => {
  it.each(serverAudits({ url: () => `${toy.url}/graphql`, fetchFn: asSomebody }))('$id $name', async ({ fn, name }) => {
    const result = await fn();
    const excused = /^MAY|^SHOULD use (a status code of )?200/.test(name);
    if (!excused) expect(result).toMatchObject({ status: 'ok' });
    expect(result.status).not.toBe('error');
  });
});

describe('T2: too large a document', () => {
  it.each([
    ['a level too deep', nested(11)],
    ['16 aliases', `{ ${Array.from({ length: 16 }, (_, i) => `a${i}: hello`).join(' ')} }`],
    ['9 directives', `{ ${'hello @include(if: true) '.repeat(9)} }`],
    ['65,537 characters', `{ hello }${' '.repeat(65_528)}`],
    ['451 tokens', `{ ${'hello '.repeat(449)} }`],
    ['two sign-ins', 'mutation { a: signIn(login: "a") b: signIn(login: "b") }'],
    [
      'two sign-ins by a fragment',
      'mutation { ...A b: signIn(login: "b") } fragment A on Mutation { signIn(login: "a") }',
    ],
    ['a list of lists', '{ people(first: 100) { nodes { friends(first: 100) { id } } } }'],
    [
      'a list of lists, by its variables',
      'query($n: Int) { people(first: $n) { nodes { friends(first: $n) { id } } } }',
    ],
    [
      'fragments within fragments',
      `{ team { ...F0 } } ${Array.from({ length: 8 }, (_, i) => `fragment F${i} on Person { friend { ...F${i + 1} } team { ...F${i + 1} } friends { ...F${i + 1} } }`).join(' ')} fragment F8 on Person { id }`,
    ],
  ])('%s is refused before anything runs', async (_, query) => {
    const answer = await toy.ask({ query, variables: { n: 90 } });
    expect(answer.status).toBe(400);
    expect(codes(answer)[0]).toBe('QUERY_TOO_COMPLEX');
    expect(answer.data).toBeUndefined();
    expect(toy.called).toEqual([]);
  });

  it.each([
    ['as deep as allowed', nested(10)],
    ['15 aliases', `{ ${Array.from({ length: 15 }, (_, i) => `a${i}: hello`).join(' ')} }`],
    ['8 directives', `{ ${'hello @include(if: true) '.repeat(8)} }`],
    ['450 tokens', `{ ${'hello '.repeat(448)} }`],
    ['one sign-in', 'mutation { signIn(login: "a") }'],
    [
      'a whole page',
      '{ people(first: 100) { totalCount pageInfo { hasNextPage } nodes { id team { id } } edges { cursor node { id team { id } } } } }',
    ],
    [
      'a list of lists, by smaller variables',
      'query($m: Int) { people(first: $m) { nodes { friends(first: $m) { id } } } }',
    ],
  ])('%s is answered', async (_, query) => {
    const answer = await toy.ask({ query, variables: { m: 10 } }, { token: 'person-1' });
    expect(answer.errors).toEqual([]);
    expect(answer.status).toBe(200);
  });
});

describe('T3: a body of 257 KB', () => {
  it('gets 413, and its connection goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const send = (body: string): Promise<{ status: number | undefined; text: string }> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(
          `${toy.url}/graphql`,
          { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
          (response) => {
            let text = '';
            ports.add(response.socket.localPort);
            response.on('data', (chunk: Buffer) => (text += chunk));
            response.on('end', () => resolve({ status: response.statusCode, text }));
          },
        );
        sent.on('error', reject).setHeader('content-length', Buffer.byteLength(body)).end(body);
      });
    const large = await send(JSON.stringify({ query: '{ hello }', variables: { text: 'x'.repeat(257 * 1_024) } }));
    expect(large.status).toBe(413);
    expect(JSON.parse(large.text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(await send('{"query":"{ hello }"}')).toEqual({ status: 200, text: '{"data":{"hello":"hello"}}' });
    expect(ports.size).toBe(1);
    agent.destroy();
  });
});

describe('T4, T5 and other requests that are none', () => {
  it.each<[string, unknown, string | undefined, number]>([
    ['an array of operations', [{ query: '{ hello }' }, { query: '{ hello }' }], 'application/json', 400],
    ['text/plain', '{"query":"mutation { bump }"}', 'text/plain', 400],
    ['a form', 'query=mutation+%7B+bump+%7D', 'application/x-www-form-urlencoded', 400],
    ['no JSON', '{"query":', 'application/json', 400],
    ['another media type', '<query/>', 'application/xml', 415],
    ['a query that is no text', { query: 5 }, 'application/json', 400],
    ['variables that are no object', { query: '{ hello }', variables: [1] }, 'application/json', 400],
    ['a prototype', '{"__proto__":{},"query":"{ hello }"}', 'application/json', 400],
    ['a syntax error', { query: '{ hello' }, 'application/json', 400],
    ['an unknown field', { query: '{ helo }' }, 'application/json', 400],
    ['an unknown operation', { query: 'query A { hello }', operationName: 'B' }, 'application/json', 400],
    ['a subscription', { query: 'subscription { ticks }' }, 'application/json', 400],
  ])('%s', async (...[, body, contentType, status]) => {
    const answer = await toy.ask(body, { contentType: contentType ?? '' });
    expect(answer.status).toBe(status);
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.text).not.toContain('Did you mean');
    expect(toy.called).toEqual([]);
  });

  it.each(['mutation { bump }', '{ hello }'])('GET with %s is 405', async (query) => {
    const response = await fetch(`${toy.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    expect(toy.called).toEqual([]);
  });
});

describe('failures', () => {
  it('keep their code, reasons and times, and lose their cause', async () => {
    const { errors, text, data } = await toy.ask({ query: '{ hello invalid }' });
    expect(data).toEqual({ hello: 'hello', invalid: null });
    expect(errors).toEqual([
      {
        message: 'Already there.',
        locations: [{ line: 1, column: 9 }],
        path: ['invalid'],
        extensions: { code: 'CONFLICT', reasons: ['DUPLICATE_EMAIL'], retryAfter: 3 },
      },
    ]);
    expect(text).not.toContain('a@b.c');
  });

  it('of ours show the request id and nothing else, and are logged', async () => {
    const { log, text: logged } = recordedLog();
    const own = await toyGraphql({ log });
    const answer = await own.ask({ query: '{ broken }' });
    expect(answer.status).toBe(200);
    expect(answer.errors).toMatchObject([
      { path: ['broken'], extensions: { code: 'INTERNAL', requestId: answer.headers.get('x-request-id') } },
    ]);
    expect(Object.keys(answer.errors[0]?.extensions ?? {}).sort()).toEqual(['code', 'requestId']);
    expect(answer.text).not.toMatch(/hunter2|10\.0\.0\.7|at .*\.ts/);
    expect(logged()).toContain(answer.headers.get('x-request-id'));
    expect(logged()).not.toContain('hunter2');
    await own.close();
  });

  it('of the database are UNAVAILABLE', async () => {
    expect(codes(await toy.ask({ query: '{ away }' }))).toEqual(['UNAVAILABLE']);
  });

  it('of one item leave the others', async () => {
    const { data, errors } = await toy.ask({ query: '{ mixed { id fails } }' });
    expect(data).toEqual({
      mixed: [
        { id: '1', fails: null },
        { id: '2', fails: 'no' },
      ],
    });
    expect(errors).toMatchObject([{ path: ['mixed', 0, 'fails'], extensions: { code: 'NOT_FOUND' } }]);
  });

  it('of the time: after the deadline UNAVAILABLE, and the resolver is told', async () => {
    const own = await toyGraphql({ deadlineMs: 100 });
    const answer = await own.ask({ query: '{ slow }' });
    expect(answer.status).toBe(503);
    expect(codes(answer)).toEqual(['UNAVAILABLE']);
    expect((await own.ask({ query: '{ hello }' })).status).toBe(200);
    await own.close();
  });
});

describe('who asks', () => {
  it('nobody is told to sign in, and a token that is wrong is 401 as HTTP says', async () => {
    expect(codes(await toy.ask({ query: '{ secret }' }))).toEqual(['UNAUTHENTICATED']);
    const refused = await toy.ask({ query: '{ hello }' }, { token: 'wrong' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(codes(refused)).toEqual(['UNAUTHENTICATED']);
    expect(toy.called).toEqual([]);
  });

  it('an ADMIN may, and asks the other domain where a field crosses into it', async () => {
    expect((await toy.ask({ query: '{ secret team { friend { id } } }' }, { token: 'person-1' })).errors).toEqual([]);
    expect(codes(await toy.ask({ query: '{ team { friend { id } } }' }))).toEqual(['UNAUTHENTICATED']);
  });

  it('somebody with a one-time password may do next to nothing', async () => {
    const answer = await toy.ask({ query: '{ hello team { id } }' }, { token: 'person-99' });
    expect(answer.errors).toMatchObject([
      { path: ['team'], extensions: { code: 'FORBIDDEN', reasons: ['PASSWORD_CHANGE_REQUIRED'] } },
    ]);
    expect(toy.called).toEqual(['hello']);
  });

  it('the schema is for those who are signed in', async () => {
    const query = '{ __schema { types { name } } }';
    const refused = await toy.ask({ query });
    expect(refused.status).toBe(400);
    expect(codes(refused)).toEqual(['UNAUTHENTICATED']);
    expect((await toy.ask({ query }, { token: 'person-1' })).errors).toEqual([]);
    const development = await toyGraphql({ production: false });
    expect((await development.ask({ query })).errors).toEqual([]);
    await development.close();
  });
});

it('answers in the media type that was asked for, and is never kept', async () => {
  const modern = await toy.ask({ query: '{ hello }' }, { accept: 'application/graphql-response+json' });
  expect(modern.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
  expect(modern.headers.get('cache-control')).toBe('no-store');
  const legacy = await toy.ask({ query: '{ hello }' });
  expect(legacy.headers.get('content-type')).toBe('application/json; charset=utf-8');
});
