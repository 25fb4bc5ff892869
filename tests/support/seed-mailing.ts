// The mailing service as its assignment saw it: a directory, mailings, an external service in a process of its own, and a
// server that sends. Asked over GraphQL and REST only.
import { randomInt, randomUUID } from 'node:crypto';
import { startGateway, type TestGateway } from './gateway.js';
import { type MailingSeen, mailingOf, told } from './mailings.js';
import { until } from './program.js';
import { type Client, type TestServer, testServer } from './server.js';

export interface Person {
  readonly id: string;
  readonly phone: string;
  readonly operatorCode: string;
  readonly tag: string;
  readonly timezone: string;
}

export interface Sent {
  readonly id: string;
  readonly status: string;
  readonly text: string;
  readonly phone: string;
  readonly createdAt: string;
  readonly sentAt: string | null;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly client: { readonly id: string };
  readonly mailing: { readonly id: string };
}

const personFields = 'id phone operatorCode tag timezone';
const messageFields = 'id status text phone createdAt sentAt attempts nextAttemptAt client { id } mailing { id }';

export const fromNow = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

export class SeedMailing {
  private constructor(
    readonly server: TestServer,
    readonly gateway: TestGateway,
    readonly as: Client,
  ) {}

  static async open(): Promise<SeedMailing> {
    const gateway = await startGateway();
    try {
      const server = await testServer({
        ROLES: 'web,worker',
        MESSAGE_GATEWAY_URL: gateway.url,
        MESSAGE_TIMEOUT: '1s',
      });
      return new SeedMailing(server, gateway, await server.token('MAILINGS', 'READ'));
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.gateway.stop();
  }

  async addClient(fields: Partial<Person> = {}): Promise<Person> {
    const input = { phone: `79${String(randomInt(1e9)).padStart(9, '0')}`, timezone: 'Europe/Moscow', ...fields };
    return told(
      await this.as.graphql<Record<string, Person>>(
        `mutation ($input: CreateClientInput!) { createClient(input: $input) { ${personFields} } }`,
        { input },
      ),
    );
  }

  /** People of a tag that nobody else has. */
  async addClients(count: number): Promise<{ readonly tag: string; readonly people: Person[] }> {
    const tag = randomUUID();
    return { tag, people: await Promise.all(Array.from({ length: count }, () => this.addClient({ tag }))) };
  }

  client(id: string): Promise<Person | null> {
    return this.#one<Person | null>(`query ($id: ID!) { client(id: $id) { ${personFields} } }`, { id });
  }

  mailing(id: string): Promise<MailingSeen> {
    return mailingOf(this.as, id);
  }

  async messages(mailingId: string): Promise<Sent[]> {
    const page = await this.#one<{ nodes: Sent[] }>(
      `query ($id: ID!) { messages(mailingId: $id, first: 100) { nodes { ${messageFields} } } }`,
      { id: mailingId },
    );
    return page.nodes;
  }

  async until(id: string, what: (mailing: MailingSeen) => boolean, withinMs = 40_000): Promise<MailingSeen> {
    let seen = await this.mailing(id);
    const isSo = async (): Promise<boolean> => {
      seen = await this.mailing(id);
      return what(seen);
    };
    await until(isSo, withinMs, `mailing ${id} gets there`).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(seen)}`);
    });
    return seen;
  }

  /** Everybody of it was sent to. */
  allSent(id: string, count: number): Promise<MailingSeen> {
    return this.until(id, ({ stats }) => stats.planned === count && stats.sent === count);
  }

  /** What the external service was asked about these messages. */
  async requestsFor(messages: readonly Sent[]): Promise<Awaited<ReturnType<TestGateway['log']>>> {
    const ids = new Set(messages.map(({ id }) => Number(id)));
    return (await this.gateway.log()).filter(({ id }) => ids.has(id));
  }

  async #one<Value>(query: string, variables: Record<string, unknown>): Promise<Value> {
    return told(await this.as.graphql<Record<string, Value>>(query, variables));
  }
}
