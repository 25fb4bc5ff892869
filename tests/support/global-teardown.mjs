// Stops the PostgreSQL of the run and removes its folders.
import { rmSync } from 'node:fs';
import { clearPostgres } from './embedded-postgres-home.ts';

export default async function tearDown() {
  const { postgres, dataDir } = globalThis.testPostgres;
  await postgres.stop();
  await clearPostgres(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}
