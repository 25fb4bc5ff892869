// `npm run imei -- import-tac <file.csv>`: brings brands and models by TAC. Works beside a running server, which knows them at
// once, and without one; what is told on the way goes to stderr.
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { TacImportListener } from './domain/imei/tac-import.service.js';
import { csvLines, encodingOf } from './domain/imports/csv-rows.js';
import { Unreadable } from './domain/imports/unreadable.js';
import { runToEnd } from './server/program.js';
import { StartRefused } from './server/start-refused.js';
import { visit } from './server/visit.js';
import { isError } from './shared/errors.js';

const problemsTold = 20;
const rowsBetweenWords = 10_000;

async function main([command, file]: readonly string[]): Promise<void> {
  if (command !== 'import-tac' || !file) throw new StartRefused('Usage: npm run imei -- import-tac <file.csv>');
  const path = resolve(file);
  const pieces = () => createReadStream(path);
  const encoding = await encodingOf(pieces).catch((error: unknown) => refuseFile(path, error));
  const { rows, changed, refused } = await visit(({ tacImports }) =>
    tacImports.import(csvLines(pieces, encoding), listener()).catch((error: unknown) => refuseTable(path, error)),
  );
  process.stdout.write(`Rows: ${rows}; models that are new or changed: ${changed}; rows left out: ${refused}.\n`);
}

function listener(): TacImportListener {
  let problems = 0;
  let told = 0;
  return {
    progress: (rows) => {
      if (rows - told < rowsBetweenWords) return;
      told = rows;
      say(`${rows} rows …`);
    },
    refused: (problem) => {
      if (++problems <= problemsTold) say(problem);
      if (problems === problemsTold + 1) say('More rows are left out; from here on they are only counted.');
    },
  };
}

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

function refuseFile(path: string, error: unknown): never {
  const why = isError(error) && 'code' in error ? unreadable[String(error.code)] : undefined;
  throw why === undefined ? error : new StartRefused(`${path} ${why}`);
}

function refuseTable(path: string, error: unknown): never {
  if (!(error instanceof Unreadable)) throw error;
  throw new StartRefused(`${path}: ${error.message} Mend the file and run the same command again.`);
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'is not there. Give the path of a CSV file that has a column tac.',
  EISDIR: 'is a folder. Give the path of a CSV file that has a column tac.',
  EACCES: 'may not be read by this user. Change its permissions, or copy it to where it may be read.',
};

await runToEnd(() => main(process.argv.slice(2)));
