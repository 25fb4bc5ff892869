// The product as one object for tests: a real server on a free port with a database of its own, and people to ask as.
// Asked over HTTP and WebSocket only, like by any client.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../../src/app.js';
import { type Config, readConfig } from '../../src/config.js';
import type { Role, Scope } from '../../src/entities/account.enums.js';
import type { Extension } from '../../src/server/parts.js';
import { serve } from '../../src/server/serve.js';
import { createLogger } from '../../src/shared/logger.js';
import { type TestDatabase, testDatabase } from './database.js';

export interface TestServer {
  readonly url: string;
  readonly app: App;
  readonly database: TestDatabase;
  readonly admin: Client;
  /** A person of that role, signed in. */
  person(
    role: Role,
  ): Promise<
    Client & { readonly id: string; readonly login: string; readonly password: string; readonly refreshToken: string }
  >;
  /** An API token of an ADMIN. */
  token(...scopes: Scope[]): Promise<Client>;
  /** One that this person makes. */
  tokenOf(owner: Client, ...scopes: Scope[]): Promise<Client>;
  readonly nobody: Client;
  close(): Promise<void>;
}

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: ErrorExtensions;
  }[];
}

export interface ErrorExtensions {
  readonly code: string;
  readonly fields?: readonly { path: string; code: string; message: string }[];
  readonly reasons?: readonly string[];
  readonly retryAfter?: number;
}

export interface Client {
  readonly accessToken: string | undefined;
  graphql<Data = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<GraphqlAnswer<Data>>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Behind it every test has an address of its own, and loopback opens nothing. */
const proxied = { TRUSTED_PROXIES: '127.0.0.1/32,::1/128' };
const password = 'correct horse battery';

export async function testServer(
  settings: Record<string, string> = {},
  extension: Extension = {},
  log = createLogger({ level: process.env.TEST_LOG ?? 'silent', format: 'json' }),
): Promise<TestServer> {
  const database = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'switchboard-'));
  const config = testConfig({
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ADMIN_PASSWORD: password,
    ...proxied,
    ...settings,
  });
  const app = await App.create({
    config,
    log,
    extension,
  });
  // Two suites at once on two cores lag more than a server should.
  const service = await serve(app, { pressureMs: 10_000 });
  const close = async (): Promise<void> => {
    await service.drain({ graceMs: 1_000 });
    await app.close(1_000);
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const nobody = client(service.url, undefined);
  try {
    await app.prepare(AbortSignal.timeout(20_000));
    const admin = client(service.url, (await signIn(nobody, 'admin', password)).accessToken);
    return {
      ...{ url: service.url, app, database, admin, nobody, close },
      person: (role) => newPerson(service.url, admin, role),
      token: async (...scopes) => client(service.url, await newToken(admin, scopes)),
      tokenOf: async (owner, ...scopes) => client(service.url, await newToken(owner, scopes)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function testConfig(settings: Record<string, string>): Config {
  const before = process.env;
  process.env = { PORT: '0', LOG_LEVEL: 'silent', NODE_ENV: 'test', PATH: before.PATH, ...settings };
  try {
    return readConfig([], '/nonexistent');
  } finally {
    process.env = before;
  }
}

export function client(url: string, accessToken: string | undefined, headers: Record<string, string> = {}): Client {
  const own = { 'x-forwarded-for': `198.51.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}` };
  const all = { ...own, ...headers, ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}) };
  return {
    accessToken,
    fetch: (path, init = {}) =>
      fetch(`${url}${path}`, { ...init, headers: { ...all, ...Object.fromEntries(new Headers(init.headers)) } }),
    async graphql<Data>(query: string, variables: Record<string, unknown> = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...all, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Omit<GraphqlAnswer<Data>, 'status'>) };
    },
  };
}

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export async function signIn(nobody: Client, login: string, secret: string): Promise<SignedIn> {
  const { data, errors } = await nobody.graphql<{ signIn: SignedIn }>(
    'mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { accessToken refreshToken } }',
    { login, password: secret },
  );
  if (!data) throw new Error(`signIn of ${login}: ${JSON.stringify(errors)}`);
  return data.signIn;
}

async function newPerson(url: string, admin: Client, role: Role): ReturnType<TestServer['person']> {
  const login = `${role.toLowerCase()}-${randomUUID().slice(0, 8)}`;
  const { data, errors } = await admin.graphql<{ createUser: { id: string } }>(
    `mutation ($login: String!, $password: String!, $role: Role!) {
      createUser(login: $login, name: "Test", password: $password, role: $role) { id }
    }`,
    { login, password, role },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  const { accessToken, refreshToken } = await signIn(client(url, undefined), login, password);
  return { ...client(url, accessToken), id: data.createUser.id, login, password, refreshToken };
}

async function newToken(owner: Client, scopes: readonly Scope[]): Promise<string> {
  const { data, errors } = await owner.graphql<{ createApiToken: { secret: string } }>(
    'mutation ($scopes: [Scope!]!) { createApiToken(name: "test", scopes: $scopes) { secret } }',
    { scopes },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.createApiToken.secret;
}
