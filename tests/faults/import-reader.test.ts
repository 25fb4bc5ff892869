// The process that reads an import is killed half way, or told to stop; another one goes on, and every row is counted once.
import { randomBytes } from 'node:crypto';
import { Program, temporaryFolder, until } from '../support/program.js';
import { type TestServer, testServer } from '../support/server.js';
import { finished, importOf, type SeenImport, send } from '../support/uploads.js';
import { workbook } from '../support/workbook.js';

const keys = { ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}` };
const folder = temporaryFolder();
const workers: Program[] = [];
let server: TestServer;

beforeAll(async () => {
  server = await testServer({ ...keys, ROLES: 'web' });
});
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.end())));
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** The lease of the reader before it has ended, and the tick is due: the first thing that this one does. */
async function worker(): Promise<Program> {
  await server.database.query(
    "update agenda_jobs set locked_at = locked_at - interval '1 hour', next_run_at = now() where name = 'continueImports'",
  );
  const settings = { ...keys, DATABASE_URL: server.database.url, DATA_DIR: folder.path, SIMULATORS: 'off' };
  const started = new Program(settings, ['--roles=worker']);
  workers.push(started);
  await started.ready();
  return started;
}

/** Every hundredth is no number, and the last ten thousand say again what the first did. */
const rows = Array.from({ length: 60_000 }, (_, i) =>
  i % 100 === 99 ? ['nobody', i] : [79_140_000_000 + (i % 50_000), i],
);
const counts = { total: 60_000, processed: 60_000, created: 49_500, updated: 9_900, rejected: 600, error: null };

it.each([
  ['CSV', () => `phone,name\n${rows.map((row) => row.join()).join('\n')}`],
  ['XLSX', () => workbook([['phone', 'name'], ...rows])],
])(
  'counts each row of a %s once when one reader is killed and the next one stopped',
  async (_format, content) => {
    await server.database.query('truncate client, lead');
    const { id } = (await (await send(server.admin, content())).json()) as SeenImport;
    let before = 0;
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const reader = await worker();
      await until(async () => (await importOf(server.admin, id)).processed > before, 60_000, 'some rows read');
      reader.signal(signal);
      expect(await reader.exited).toBe(signal === 'SIGTERM' ? 0 : null);
      const seen = await importOf(server.admin, id);
      expect(seen).toMatchObject({ finishedAt: null, total: 60_000 });
      expect(seen.created + seen.updated + seen.rejected).toBe(seen.processed);
      before = seen.processed;
    }
    const last = await worker();
    expect(await finished(server.admin, id, 120_000)).toMatchObject(counts);
    await last.end();
    const [stored] = await server.database.query<object>(
      `select count(*)::int as clients, count(*) filter (where name::int >= 50000)::int as renamed,
       (select count(*)::int from import_problem where import_id = $1) as problems,
       (select count(*)::int from import_part) as parts from client`,
      [id],
    );
    expect(stored).toEqual({ clients: 49_500, renamed: 9_900, problems: 600, parts: 0 });
  },
  300_000,
);
