// Watches as clients have them over GraphQL, in one process of the product with a simulated provider; time that passes for them in the
// database, and what the tick does when somebody waits for it.
import { systemViewer } from '../../src/auth/viewer.js';
import { type CheckSeen, checkFields, ImeiCalls, imeiOf } from './imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from './imei-provider.js';
import { until } from './program.js';
import { type Client, type GraphqlAnswer, type TestServer, testServer } from './server.js';
import { type Subscription, subscribe } from './subscription.js';

export interface WatchSeen {
  readonly id: string;
  readonly imei: string;
  readonly everyHours: number;
  readonly requestedBy: string;
  readonly nextAt: string;
  readonly createdAt: string;
  readonly lastCheck: CheckSeen | null;
}

const watchFields = `id imei everyHours requestedBy nextAt createdAt lastCheck { ${checkFields} }`;

export class WatchCalls {
  constructor(private readonly as: Client) {}

  watch(imei: string, everyHours: unknown = 24): Promise<GraphqlAnswer<{ watchImei: WatchSeen }>> {
    return this.as.graphql(
      `mutation ($imei: String!, $everyHours: Int!) { watchImei(imei: $imei, everyHours: $everyHours) { ${watchFields} } }`,
      { imei, everyHours },
    );
  }

  /** That there is, without errors. */
  async watched(imei: string, everyHours = 24): Promise<WatchSeen> {
    const { data, errors } = await this.watch(imei, everyHours);
    if (!data) throw new Error(JSON.stringify(errors));
    return data.watchImei;
  }

  unwatch(id: string): Promise<GraphqlAnswer<{ unwatchImei: boolean }>> {
    return this.as.graphql('mutation ($id: ID!) { unwatchImei(id: $id) }', { id });
  }

  list(
    page: object = {},
  ): Promise<GraphqlAnswer<{ imeiWatches: { nodes: WatchSeen[]; edges: { cursor: string }[]; totalCount: number } }>> {
    return this.as.graphql(
      `query ($first: Int, $after: String) {
        imeiWatches(first: $first, after: $after) { nodes { ${watchFields} } edges { cursor } totalCount }
      }`,
      { ...page },
    );
  }

  async of(imei: string): Promise<WatchSeen | undefined> {
    const { data, errors } = await this.list({ first: 100 });
    if (!data) throw new Error(JSON.stringify(errors));
    return data.imeiWatches.nodes.find((watch) => watch.imei === imei);
  }
}

/** As a subscriber to imeiChecks sees what ends. */
interface EventSeen {
  readonly imeiChecks: { readonly id: string; readonly node: CheckSeen };
}

/** A token for checks, which sees its own alone; the only one of its owner. */
export interface Watcher {
  readonly as: Client;
  readonly owner: Client & { readonly id: string };
  readonly actor: string;
  readonly watches: WatchCalls;
  readonly checks: ImeiCalls;
}

/** What the tick begins, and how it ends, is seen within a second or two. */
const soon = 12_000;

export const hoursUntil = (at: string | undefined): number => (Date.parse(at ?? '') - Date.now()) / 3_600_000;

export const told = (seen: Subscription<EventSeen>, imei: string): CheckSeen[] =>
  seen.events.map(({ imeiChecks }) => imeiChecks.node).filter((node) => node.imei === imei);

export class ImeiWatchStage implements AsyncDisposable {
  private constructor(
    readonly server: TestServer,
    readonly provider: TestImeiProvider,
  ) {}

  static async set(settings: Record<string, string> = {}): Promise<ImeiWatchStage> {
    const provider = await startImeiProvider();
    const server = await testServer({
      ...{
        IMEICHECK_URL: provider.url,
        IMEICHECK_TOKEN: 'test',
        EGRESS_ALLOW_CIDR: '127.0.0.1/32',
        IMEI_TIMEOUT: '2s',
      },
      ...settings,
    });
    return new ImeiWatchStage(server, provider);
  }

  get database() {
    return this.server.database;
  }

  async watcher(): Promise<Watcher> {
    const owner = await this.server.person('OPERATOR');
    const as = await this.server.tokenOf(owner, 'IMEI_CHECK');
    const [newest] = await this.database.query<{ id: string }>(`select max(id) as id from token where kind = 'api'`);
    return { as, owner, actor: `token:${newest?.id}`, watches: new WatchCalls(as), checks: new ImeiCalls(as) };
  }

  /** Once it is so. What the tick does every five seconds is done meanwhile, so that nobody waits for it. */
  async comesAbout(isSo: () => Promise<boolean>, what: string): Promise<void> {
    const { app } = this.server;
    const checkDue = () =>
      app.unit(systemViewer('test'), ({ imeiWatches }) => imeiWatches.checkDue(new AbortController().signal));
    await until(() => checkDue().then(isSo), soon, what);
  }

  /** The newest check of a watch once it has ended. */
  async ended({ watches }: Pick<Watcher, 'watches'>, imei: string, after?: CheckSeen): Promise<CheckSeen> {
    let last: CheckSeen | null | undefined;
    const isOver = async (): Promise<boolean> => {
      last = (await watches.of(imei))?.lastCheck;
      return last != null && last.id !== after?.id && last.status !== 'PENDING';
    };
    await this.comesAbout(isOver, 'the end of a check');
    if (!last) throw new Error('no check');
    return last;
  }

  /** The watch knows that its check has ended, and counts from there. */
  async seen(watchId: string): Promise<void> {
    const isWaiting = async (): Promise<boolean> =>
      (await this.database.query('select 1 from imei_watch where id = $1 and waiting', [watchId])).length > 0;
    await this.comesAbout(async () => !(await isWaiting()), 'the watch to see the end of its check');
  }

  /** So many hours pass for one watch: its next check is as much nearer. */
  async pass(watchId: string, hours: number): Promise<void> {
    await this.database.query(`update imei_watch set next_at = next_at - $2 * interval '1 hour' where id = $1`, [
      watchId,
      hours,
    ]);
  }

  /** What comes of it when its interval has passed. */
  async next(who: Pick<Watcher, 'watches'>, watch: WatchSeen, before: CheckSeen): Promise<CheckSeen> {
    await this.seen(watch.id);
    await this.pass(watch.id, watch.everyHours);
    return this.ended(who, watch.imei, before);
  }

  /** Told of everything from here on. */
  async listen(who: Watcher): Promise<Subscription<EventSeen>> {
    const seen = await subscribe<EventSeen>(
      this.server.url,
      who.as,
      `subscription { imeiChecks { id node { ${checkFields} } } }`,
    );
    // It is there once it is told of something: the check of a phone of no consequence.
    await who.checks.check({ imei: imeiOf(99_999) });
    await until(() => seen.events.length > 0, 5_000, 'a first event');
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.provider.stop();
  }
}
