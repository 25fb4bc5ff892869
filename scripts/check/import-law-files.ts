// Reads every source of ours and asks the import law about it.
import { globSync, readFileSync } from 'node:fs';
import { breaches } from './import-law.js';

export const lawfulSources = (): string[] =>
  globSync(['src/**/*.ts', 'migrations/*.ts', 'tests/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts'], {
    exclude: ['**/node_modules/**'],
  });

export async function checkImportLaw(): Promise<string[]> {
  return lawfulSources().flatMap((path) => breaches(path, readFileSync(path, 'utf8')));
}
