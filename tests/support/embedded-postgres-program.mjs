// A program as small as can be that lives on the embedded PostgreSQL: started, killed and interrupted by tests.
// node embedded-postgres-program.mjs <compiled src folder> <data folder> [visitor]: tells its state in lines of JSON.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, dataDir, role] = process.argv.slice(2);
const { startEmbeddedPostgres } = await import(pathToFileURL(resolve(compiled, 'server/embedded-postgres.js')).href);
const tell = (what) => console.log(JSON.stringify(what));

try {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    own: role !== 'visitor',
    say: (said) => tell({ said }),
  });
  const stop = () => postgres.stop().then(() => process.exit(0));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  tell({ ready: { url: postgres.url, adopted: postgres.adopted } });
  setInterval(() => undefined, 60_000);
} catch (error) {
  if (error.name !== 'StartRefused') throw error;
  tell({ refused: error.message });
  process.exitCode = 2;
}
