// What the linter is there to refuse, proved on a small project of its own: each of these sources has to fail.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const biome = resolve('node_modules/.bin/biome');
const violations: Record<string, { source: string; rule: string }> = {
  'src/auth/environment.ts': { source: 'export const a = process.env.PORT;', rule: 'style/noProcessEnv' },
  'src/auth/environment-import.ts': {
    source: "import { env } from 'node:process';\nexport const a = env.PORT;",
    rule: 'style/noProcessEnv',
  },
  'src/shared/barrel.ts': { source: "export { a } from './config.js';", rule: 'performance/noBarrelFile' },
  'src/shared/all.ts': { source: "export * from './config.js';", rule: 'performance/noReExportAll' },
  'src/domain/one.ts': {
    source: "import { two } from './two.js';\nexport const one = () => two;",
    rule: 'suspicious/noImportCycles',
  },
  'src/domain/two.ts': {
    source: "import { one } from './one.js';\nexport const two = () => one;",
    rule: 'suspicious/noImportCycles',
  },
  'src/domain/type-one.ts': {
    source: "import type { Two } from './type-two.js';\nexport interface One { two: Two }",
    rule: 'suspicious/noImportCycles',
  },
  'src/domain/type-two.ts': {
    source: "import type { One } from './type-one.js';\nexport interface Two { one: One }",
    rule: 'suspicious/noImportCycles',
  },
  'src/domain/any.ts': { source: 'export const a: any = 1;', rule: 'suspicious/noExplicitAny' },
  'src/domain/default.ts': { source: 'export default class A {}', rule: 'style/noDefaultExport' },
  'src/domain/floating.ts': {
    source: 'const later = async (): Promise<void> => {};\nexport const a = () => {\n  later();\n};',
    rule: 'nursery/noFloatingPromises',
  },
  'tests/skipped.test.ts': {
    source: "it.skip('is left out', () => expect(1).toBe(1));",
    rule: 'suspicious/noSkippedTests',
  },
  'tests/alone.test.ts': {
    source: "it.only('is alone', () => expect(1).toBe(1));",
    rule: 'suspicious/noFocusedTests',
  },
};
const innocents: Record<string, string> = {
  'src/config.ts': 'export const a = process.env.PORT;',
  'src/domain/kept.ts': "import { a } from '../config.js';\nexport const b = a;",
};

let found: { path: string; rule: string }[];
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'linter-'));
  writeFileSync(join(project, 'biome.json'), withoutGit(readFileSync('biome.json', 'utf8')));
  for (const [path, { source }] of Object.entries(violations)) write(path, source);
  for (const [path, source] of Object.entries(innocents)) write(path, source);
  found = lint();
});

afterAll(() => rmSync(project, { recursive: true }));

it.each(Object.entries(violations))('refuses %s', (path, { rule }) => {
  expect(found).toContainEqual({ path, rule: `lint/${rule}` });
});

it.each(Object.keys(innocents))('takes %s', (path) => {
  expect(found.filter((one) => one.path === path)).toEqual([]);
});

function write(path: string, source: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), `${source}\n`);
}

function withoutGit(settings: string): string {
  return JSON.stringify({ ...(JSON.parse(settings) as object), vcs: { enabled: false }, $schema: undefined });
}

function lint(): { path: string; rule: string }[] {
  const report = run(['lint', '--reporter=json', '--max-diagnostics=none', '.']);
  const { diagnostics } = JSON.parse(report) as Report;
  return diagnostics.map(({ category, location }) => ({ path: location.path, rule: category }));
}

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

/** It exits with 1 because it finds what it is to find. */
function run(args: string[]): string {
  try {
    return execFileSync(biome, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return String((error as { stdout: unknown }).stdout);
  }
}
