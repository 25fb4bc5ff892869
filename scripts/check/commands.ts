// The checks that other people's programs do: the compiler, Biome and knip.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export async function checkCompiler(): Promise<string[]> {
  const projects = ['tsconfig.json', 'bench/tsconfig.json', 'dashboard/tsconfig.json'].filter((path) =>
    existsSync(path),
  );
  const complaints = await Promise.all(projects.map((path) => complaintsOf('tsc', '--noEmit', '-p', path)));
  return complaints.flat();
}

/** Warnings (sizes) are shown by `npx biome check` and fail nothing. */
export const checkLinter = (): Promise<string[]> =>
  complaintsOf('biome', 'check', '--diagnostic-level=error', '--max-diagnostics=50', '--colors=off');

export const checkUnused = (): Promise<string[]> => complaintsOf('knip', '--no-progress', '--no-config-hints');

export async function format(): Promise<void> {
  await complaintsOf('biome', 'check', '--write', '--colors=off');
}

/** What a program says when it fails. */
async function complaintsOf(program: string, ...args: string[]): Promise<string[]> {
  const child = spawn(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return status === 0 ? [] : [output.trim() || `${program} ended with status ${status}`];
}
