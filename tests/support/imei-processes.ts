// Two real processes of the product on one database, and the simulated provider that both ask; their ticks come sooner where somebody
// waits for them.
import { randomBytes } from 'node:crypto';
import type { JobName } from '../../src/jobs/catalog.js';
import { type TestDatabase, testDatabase } from './database.js';
import { startImeiProvider, type TestImeiProvider } from './imei-provider.js';
import { Program, temporaryFolder, until } from './program.js';
import { type Client, client, signIn } from './server.js';

const password = 'correct horse battery';

export class ImeiProcesses implements AsyncDisposable {
  private constructor(
    readonly database: TestDatabase,
    readonly provider: TestImeiProvider,
    readonly programs: readonly Program[],
    /** An ADMIN at each of them. */
    readonly clients: readonly Client[],
    private readonly folder: { remove(): void },
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<ImeiProcesses> {
    const database = await testDatabase();
    const provider = await startImeiProvider();
    const folder = temporaryFolder();
    const environment = {
      DATABASE_URL: database.url,
      DATA_DIR: folder.path,
      ADMIN_PASSWORD: password,
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      ...{ IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test', SIMULATORS: 'off', SAMPLE_DATA: 'off' },
      ...{ USER_REQUESTS_PER_MINUTE: '1000000', IMEI_CHECKS_PER_DAY: '1000000' },
      ...settings,
    };
    const programs = ['web,worker', 'web,worker'].map((ROLES) => new Program({ ...environment, ROLES }));
    const urls = await Promise.all(programs.map((program) => program.ready(30_000)));
    const clients = await Promise.all(
      urls.map(async (url) => client(url, (await signIn(client(url, undefined), 'admin', password)).accessToken)),
    );
    return new ImeiProcesses(database, provider, programs, clients, folder);
  }

  /** Once it is so. Until then the tick of that name, which comes every five seconds, is due now; one of them runs it. */
  async withTicks(name: JobName, isSo: () => Promise<boolean>, withinMs: number, what: string): Promise<void> {
    const dueNow =
      'update agenda_jobs set next_run_at = now() where name = $1 and next_run_at > now() and locked_at is null';
    await until(() => this.database.query(dueNow, [name]).then(isSo), withinMs, what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.programs.map((program) => program.end()));
    await this.provider.stop();
    await this.database.drop();
    this.folder.remove();
  }
}
