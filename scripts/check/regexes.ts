// Finds regular expressions whose worst input costs more than linear time, by the checker of the package recheck. Quadratic ones
// count: 256 kB of their worst text stop the process for seconds. So do those that begin anew at each letter, such as /\s+$/.
import { globSync, readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';

/** Those whose text is cut short before, each with its bound. */
const bounded: Readonly<Record<string, string>> = {
  '/[^\\s@]{1,64}@[^\\s@]{1,100}/g': 'the name of a file, cut to 200 letters (import-receiver.ts)',
};

export async function checkRegexes(): Promise<string[]> {
  const places = new Map<string, string[]>();
  for (const file of globSync('src/**/*.ts')) {
    for (const regex of regexesOf(readFileSync(file, 'utf8'))) places.set(regex, [...(places.get(regex) ?? []), file]);
  }
  const stale = Object.keys(bounded).filter((regex) => !places.has(regex));
  const costly = await costsOf([...places.keys()].filter((regex) => !(regex in bounded)));
  return [
    ...costly.map(({ regex, cost }) => `${places.get(regex)?.join(', ')}: ${regex} is ${cost}`),
    ...stale.map((regex) => `${regex}: no longer an exception; take it out of \`bounded\``),
  ];
}

interface Cost {
  readonly regex: string;
  readonly cost: string;
}

/** Of regular expressions as they are written; the linear ones are left out. */
export async function costsOf(regexes: readonly string[]): Promise<Cost[]> {
  // Its JavaScript: the other backends are programs of their own.
  process.env.RECHECK_BACKEND = 'pure';
  const { checkSync } = await import('recheck');
  return regexes.flatMap((regex) => {
    const end = regex.lastIndexOf('/');
    const told = checkSync(regex.slice(1, end), regex.slice(end + 1), { timeout: 10_000 });
    if (told.status === 'safe') return [];
    return [{ regex, cost: told.status === 'vulnerable' ? told.complexity.summary : 'of unknown cost' }];
  });
}

/** The literals of a file, each once. */
export function regexesOf(source: string): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (isRegex(node)) found.add(`/${node.pattern}/${node.flags}`);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2023' }));
  return [...found];
}

const isRegex = (node: object): node is { pattern: string; flags: string } =>
  'type' in node && node.type === 'RegExpLiteral';
