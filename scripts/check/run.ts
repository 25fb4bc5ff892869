// Runs every check at once, says one line for each as it ends, and all problems after the last.
import { checkCompiler, checkLinter, checkUnused, format } from './commands.js';
import { checkContract } from './contract.js';
import { checkGenerated, generate } from './generated.js';
import { checkImportLaw } from './import-law-files.js';
import { checkMigrations } from './migrations.js';
import { checkOpenApi } from './openapi.js';
import { checkRegexes } from './regexes.js';

export interface Options {
  /** Writes what is generated and formats what can be formatted before anything is judged. */
  readonly fix: boolean;
}

/** A check tells its problems, and nothing where all is well. */
type Check = () => Promise<readonly string[]>;

const checks: Readonly<Record<string, Check>> = {
  types: checkCompiler,
  'lint, format and cycles': checkLinter,
  'import law': checkImportLaw,
  'schema and documents as generated': checkGenerated,
  'schema contains the contract': checkContract,
  'migrations make the tables of the entities': checkMigrations,
  'OpenAPI document is valid': checkOpenApi,
  'no unused code': checkUnused,
  'regular expressions are linear': checkRegexes,
};

/** Gives the exit status. */
export async function runChecks({ fix }: Options): Promise<number> {
  if (fix) {
    await generate();
    await format();
  }
  const begun = performance.now();
  const results = await Promise.all(Object.entries(checks).map(([name, check]) => judge(name, check)));
  const failed = results.filter(({ problems }) => problems.length > 0);
  for (const { name, problems } of failed) say(`\n✗ ${name}\n${problems.join('\n')}`);
  say(
    `\n${failed.length === 0 ? 'All is well' : `${failed.length} of ${results.length} checks failed`} (${since(begun)})`,
  );
  return failed.length === 0 ? 0 : 1;
}

async function judge(name: string, check: Check): Promise<{ name: string; problems: readonly string[] }> {
  const begun = performance.now();
  const problems = await check().catch((error: unknown) => [
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ]);
  say(`${problems.length === 0 ? '✓' : '✗'} ${name} (${since(begun)})`);
  return { name, problems };
}

const since = (begun: number): string => `${((performance.now() - begun) / 1_000).toFixed(1)} s`;
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
