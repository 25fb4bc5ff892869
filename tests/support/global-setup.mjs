// One real PostgreSQL for the whole run, in a folder of its own; each test file takes a database of its own from it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../dist/src/server/embedded-postgres.js';

export default async function setUp() {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir, say: () => undefined });
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testPostgres = { postgres, dataDir };
}
