// The committed table of permissions, called cell by cell: each root field as nobody, as each role, as each scope.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { type Scope, scopes } from '../../src/entities/account.enums.js';
import { crossings } from '../../src/schema/permissions.js';
import { productSchema } from '../../src/server/product-schema.js';
import { crossingFields } from '../contracts/crossings.js';
import { rootFieldDocuments } from '../support/documents.js';
import { until } from '../support/program.js';
import { type Client, client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

let server: TestServer;
const clients = new Map<string, Client>();
let documents: ReadonlyMap<string, string>;

const people = ['VIEWER', 'OPERATOR', 'ADMIN'] as const;
const columns = ['nobody', ...people, ...scopes] as const;

beforeAll(async () => {
  server = await testServer();
  clients.set('nobody', server.nobody);
  for (const role of people) clients.set(role, await server.person(role));
  const own = await server.person('VIEWER');
  const samples = rootFieldDocuments(await productSchema(), {
    'Mutation.signIn': { login: JSON.stringify(own.login), password: JSON.stringify(own.password) },
    // Nothing runs here that would be told where no id is given.
    'Subscription.mailingProgress': { mailingId: '"999999999"' },
    // Nothing happens to leads here: who is let in is told that this is no event.
    'Subscription.leads': { after: '"x"' },
    'Subscription.imeiChecks': { after: '"x"' },
    'Mutation.refreshSession': { refreshToken: JSON.stringify(own.refreshToken) },
  });
  documents = new Map(samples.map(({ coordinate, query }) => [coordinate, query]));
  for (const scope of scopes) clients.set(scope, await server.token(scope as Scope));
  // There was a rotation of which whoever is let in is told.
  await server.database.query('update lead_keys set finished_at = now()');
});
afterAll(() => server.close());

const table = readFileSync('docs/PERMISSIONS.md', 'utf8')
  .split('\n')
  .map((line) => /^\| `([A-Za-z.]+)` \| \w+ \|(.*)\|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, coordinate = '', cells = '']) => ({ coordinate, cells: cells.split('|').map((cell) => cell.trim()) }));

it('has a row for each root field, and nothing else', () => {
  expect(table.map(({ coordinate }) => coordinate).sort()).toEqual([...documents.keys()].sort());
  for (const { cells } of table) expect(cells).toHaveLength(columns.length);
});

it.each(table)('$coordinate opens to whom the table says', async ({ coordinate, cells }) => {
  const seen: string[] = [];
  for (const column of columns) seen.push(await call(coordinate, clients.get(column) as Client));
  expect(Object.fromEntries(columns.map((column, i) => [column, seen[i]]))).toEqual(
    Object.fromEntries(
      columns.map((column, i) => [
        column,
        cells[i] === 'yes' ? 'allowed' : column === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN',
      ]),
    ),
  );
});

it('knows a crossing field when it sees one', () => {
  const schema = buildSchema(
    'type Query { message: Message } type Message { id: ID client: Client mailing: Mailing } type Client { calls: CallConnection } type Mailing { id: ID } type CallConnection { nodes: [Call] } type Call { client: Client }',
  );
  expect(crossingFields(schema)).toEqual(['Call.client', 'Client.calls']);
});

it('asks the row of the other domain for each field that crosses into one', async () => {
  expect(Object.keys(crossings).sort()).toEqual(crossingFields(await productSchema()));
});

/** Whatever comes after the policy (not found, bad input) counts as let in. */
async function call(coordinate: string, as: Client): Promise<string> {
  const query = documents.get(coordinate) ?? '';
  if (coordinate.startsWith('Subscription.')) return callSubscription(query, as);
  const { errors } = await as.graphql(query);
  const code = errors?.[0]?.extensions.code;
  return code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' ? code : 'allowed';
}

async function callSubscription(query: string, as: Client): Promise<string> {
  const seen = await subscribe(server.url, as, query);
  await server.database.query(
    "insert into alarm (kind, key, message) values ('TEST', gen_random_uuid()::text, 'look')",
  );
  await until(
    () => seen.events.length > 0 || seen.outcome.errors !== undefined || seen.outcome.closed !== undefined,
    5_000,
    'an answer',
  );
  await seen.close();
  const code = seen.outcome.errors?.[0]?.extensions?.code;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return code;
  return seen.events.length > 0 || code !== undefined ? 'allowed' : String(seen.outcome.closed?.code);
}

it('closes everything again to nobody behind a proxy on loopback', async () => {
  const { errors } = await client(server.url, undefined, { 'x-forwarded-for': '127.0.0.1' }).graphql(
    '{ users { id } }',
  );
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
