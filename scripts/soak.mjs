// `npm run soak [-- --short] [name…]`: runs each tests/soak/*.soak.ts, one after the other, as a program of its own that
// says what it saw and whether that is good. Node runs their TypeScript as it stands.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import './typescript-names.mjs';

const args = process.argv.slice(2);
const alone = process.env.SOAK_FILE;

if (alone) {
  // An end in order: what it has started ends with it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  await import(pathToFileURL(alone).href);
} else process.exitCode = runAll(args);

function runAll(given) {
  const names = given.filter((arg) => !arg.startsWith('--'));
  const options = given.filter((arg) => arg.startsWith('--'));
  const wanted = (file) => names.length === 0 || names.some((name) => file.startsWith(name));
  const files = readdirSync('tests/soak').filter((file) => file.endsWith('.soak.ts') && wanted(file));
  const failed = files.filter((file) => !runOne(`tests/soak/${file}`, options));
  process.stdout.write(
    failed.length > 0 ? `failed: ${failed.join(', ')}\n` : `${files.length} of ${files.length} passed\n`,
  );
  return failed.length > 0 || files.length === 0 ? 1 : 0;
}

function runOne(file, options) {
  process.stdout.write(`== ${basename(file, '.soak.ts')}\n`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...options], {
    stdio: 'inherit',
    env: { ...process.env, SOAK_FILE: file },
  });
  return status === 0;
}
