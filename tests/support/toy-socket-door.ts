// A WebSocket door with a schema of its own and identities that a test hands out, changes and takes away. Real sockets.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { demand } from '../../src/auth/policies.js';
import { nobody, type SignedInIdentity, type Viewer } from '../../src/auth/viewer.js';
import { presentError } from '../../src/schema/format-error.js';
import { createEngine, type Engine } from '../../src/server/engine.js';
import { prepareSubscription } from '../../src/server/subscription-documents.js';
import { asksForWebSocket, SocketDoor, type SocketDoorOptions } from '../../src/server/ws.js';
import { Failure } from '../../src/shared/errors.js';
import { createLogger } from '../../src/shared/logger.js';
import { BoundedBuffer } from '../../src/shared/pubsub.js';
import { SocketClient, until } from './socket-client.js';

export interface ToyEvent {
  readonly id: string;
  readonly phone: string;
  readonly filler?: string;
}

export interface ToyDoor {
  readonly url: string;
  readonly port: number;
  readonly door: SocketDoor;
  readonly identities: Map<string, SignedInIdentity>;
  readonly executions: { count: number };
  database: 'there' | 'away';
  publish(event: ToyEvent): void;
  /** Sources that somebody still reads. */
  open(): number;
}

export const person = (tokenId: string, more: Partial<SignedInIdentity> = {}): SignedInIdentity =>
  ({
    kind: 'person',
    personId: `person-of-${tokenId}`,
    login: tokenId,
    role: 'OPERATOR',
    mustChangePassword: false,
    expiresAt: new Date(Date.now() + 600_000),
    scopes: null,
    ...more,
    tokenId,
  }) as SignedInIdentity;

const sdl = `
  enum Kind { MADE GONE }
  type Event { id: ID! phone: String! filler: String }
  type Query { ping: Int }
  type Mutation { erase: Int }
  type Subscription { open(of: Kind): Event! staff: Event! slowly: Event! missing: Event! }
`;

const policies = { open: 'open', missing: 'open', slowly: 'open', staff: 'telegramAccess' } as const;
type Field = keyof typeof policies;

const bufferCapacity = 1_000;

export async function withToyDoor(
  options: Partial<SocketDoorOptions>,
  work: (toy: ToyDoor) => Promise<void>,
): Promise<void> {
  const sources = new Set<BoundedBuffer<ToyEvent>>();
  const server = createServer({ shouldUpgradeCallback: asksForWebSocket }, (_request, response) =>
    response.end('http'),
  );
  const toy: Omit<ToyDoor, 'url' | 'port' | 'door'> = {
    identities: new Map(),
    executions: { count: 0 },
    database: 'there',
    publish: (event) => {
      for (const source of sources) if (!source.offer(event)) source.fail(new Failure('UNAVAILABLE', 'Too slow.'));
    },
    open: () => sources.size,
  };
  const door = new SocketDoor({ ...portsOf(toy, () => subscribe(sources)), ...options });
  door.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work(Object.assign(toy, { door, port, url: `ws://127.0.0.1:${port}/graphql` }));
  } finally {
    await door.close(100);
    await new Promise((resolve) => server.close(resolve));
  }
}

export const greeted = async (toy: ToyDoor, token?: string): Promise<SocketClient> =>
  new SocketClient(toy.url).ready(token);

/** Its operation `1` listens already. */
export const subscribed = async (toy: ToyDoor, query: string, token?: string): Promise<SocketClient> => {
  const before = toy.open();
  const socket = await greeted(toy, token);
  socket.subscribe('1', query);
  await until(() => toy.open() > before);
  return socket;
};

function portsOf(
  toy: Pick<ToyDoor, 'identities' | 'executions' | 'database'>,
  source: () => AsyncIterable<unknown>,
): SocketDoorOptions {
  const engine = toyEngine(toy, source);
  return {
    limits: { perAddress: 200, perUser: 20, operations: 50 },
    origins: { named: ['https://app.example'], hostItself: true, loopback: false },
    log: createLogger({ level: 'silent', format: 'json' }),
    equalForEqualRights: new Set(['open', 'staff']),
    originOf: () => ({ door: 'GRAPHQL', address: '203.0.113.7', loopback: false, requestId: 'toy-request' }),
    authenticate: async (token, origin) => {
      if (token === undefined) return { identity: nobody, origin };
      const identity = toy.identities.get(token);
      if (toy.database === 'away') throw new Failure('UNAVAILABLE', 'The database is away.');
      if (!identity) throw new Failure('UNAUTHENTICATED', 'Unknown token.');
      return { identity, origin };
    },
    admit: async () => undefined,
    recheck: async (tokenIds) => {
      if (toy.database === 'away') throw new Failure('UNAVAILABLE', 'The database is away.');
      return new Map([...toy.identities].filter(([id]) => tokenIds.includes(id)));
    },
    authorise: (viewer, field) => demand(viewer, policies[field as Field]),
    contextFor: (viewer) => ({ viewer }),
    format: (errors, { requestId }) => errors.map((error) => presentError(error, requestId).toJSON()),
    prepare: (request, viewer) => prepareSubscription(engine, request, viewer),
  };
}

function subscribe(sources: Set<BoundedBuffer<ToyEvent>>): BoundedBuffer<ToyEvent> {
  const source: BoundedBuffer<ToyEvent> = new BoundedBuffer(bufferCapacity, () => sources.delete(source));
  sources.add(source);
  return source;
}

/** What a VIEWER sees of a telephone number is its last two digits. */
function toyEngine(toy: Pick<ToyDoor, 'executions'>, source: () => AsyncIterable<unknown>): Engine {
  const schema = buildSchema(sdl);
  const sources: Readonly<Record<Field, () => AsyncIterable<unknown>>> = {
    open: source,
    staff: source,
    slowly: source,
    missing,
  };
  for (const [name, field] of Object.entries(schema.getSubscriptionType()?.getFields() ?? {})) {
    field.subscribe = sources[name as Field];
    field.resolve = (event: ToyEvent) => {
      toy.executions.count += 1;
      return name === 'slowly' ? sleep(30).then(() => event) : event;
    };
  }
  const { phone } = (schema.getType('Event') as GraphQLObjectType<ToyEvent, { viewer: Viewer }>).getFields();
  Object.assign(phone ?? {}, {
    resolve: (event: ToyEvent, _args: unknown, { viewer: { identity } }: { viewer: Viewer }) =>
      'role' in identity && identity.role !== 'VIEWER' ? event.phone : `***${event.phone.slice(-2)}`,
  });
  return createEngine({ schema, production: true, maxDepth: 10, maxCost: 100 });
}

const missing = (): never => {
  throw new Failure('NOT_FOUND', 'Event not found.');
};
