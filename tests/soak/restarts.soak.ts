// Requests run while programs are killed and PostgreSQL restarts at once, again and again. No program ends by itself,
// and each time the service is back within ten seconds.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { clearPostgres } from '../support/embedded-postgres-home.js';
import { isReady, Program, temporaryFolder, until } from '../support/program.js';

/** The compiled program's own parts. */
const built = <Module>(name: string): Promise<Module> =>
  import(new URL(`../../dist/src/server/${name}.js`, import.meta.url).href);
const { preparePlace } = await built<typeof import('../../src/server/postgres-place.js')>('postgres-place');
const { startEmbeddedPostgres } =
  await built<typeof import('../../src/server/embedded-postgres.js')>('embedded-postgres');

const short = process.argv.includes('--short');
const rounds = short ? 2 : 8;
const longestAbsence = 10_000;
const password = 'a password for one run';

interface Load {
  answered: number;
  refused: number;
  /** Neither an answer of ours nor a connection that was cut: must not happen. */
  odd: string[];
}

const faults: string[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

await ownPostgres();
await embeddedPostgres();
for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);

/** Two programs on one PostgreSQL that is restarted under them; one of the two is killed at a time. */
async function ownPostgres(): Promise<void> {
  const folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: folder.path, say: () => undefined });
  const place = await preparePlace(folder.path);
  const settings = { DATABASE_URL: postgres.url, DATA_DIR: folder.path, ADMIN_PASSWORD: password, LOG_LEVEL: 'error' };
  const programs = [await started(settings), await started(settings)];
  const load = startLoad(programs);
  for (let round = 0; round < rounds; round++) {
    await sleep(1_000 + Math.random() * 1_000);
    execFileSync(place.programs.pgCtl, ['restart', '-m', 'immediate', '-w', '-D', place.cluster, '-l', place.log], {
      ...(place.runAs ?? {}),
      cwd: '/',
      stdio: 'ignore',
    });
    const back = await until(() => allServe(programs), longestAbsence, 'service after a restart of PostgreSQL').catch(
      failed,
    );
    for (const { program } of programs)
      if (!program.isRunning) faults.push(`a program ended by itself:\n${program.output}`);
    const victim = programs[round % 2] as Started;
    victim.program.signal('SIGKILL');
    await victim.program.exited;
    const begun = Date.now();
    Object.assign(victim, await started(settings));
    say(
      `round ${round + 1}: back ${back} ms after PostgreSQL restarted, ${Date.now() - begun} ms after kill -9 and a new start`,
    );
    if (Date.now() - begun > longestAbsence) faults.push('a killed program was not back in time');
  }
  const { answered, refused, odd } = await load.stop();
  say(`${answered} requests answered, ${refused} refused or cut meanwhile`);
  if (answered < rounds * 50) faults.push(`only ${answered} requests were answered`);
  faults.push(...odd);
  await Promise.all(programs.map(({ program }) => program.end()));
  await postgres.stop();
  await clearPostgres(folder.path);
  folder.remove();
}

/** The program as npm start runs it: killed together with its PostgreSQL, and PostgreSQL alone. */
async function embeddedPostgres(): Promise<void> {
  const folder = temporaryFolder();
  const settings = { DATA_DIR: folder.path, ADMIN_PASSWORD: password, LOG_LEVEL: 'error' };
  let current = await started(settings);
  for (let round = 0; round < Math.ceil(rounds / 2); round++) {
    const place = await preparePlace(folder.path);
    process.kill(postmasterOf(place.cluster), 'SIGKILL');
    const back = await until(() => allServe([current]), longestAbsence, 'service after kill -9 of PostgreSQL').catch(
      failed,
    );
    if (!current.program.isRunning) faults.push(`the program ended by itself:\n${current.program.output}`);
    current.program.signal('SIGKILL');
    process.kill(postmasterOf(place.cluster), 'SIGKILL');
    await current.program.exited;
    const begun = Date.now();
    current = await started(settings);
    say(
      `embedded, round ${round + 1}: back ${back} ms after kill -9 of PostgreSQL, ${Date.now() - begun} ms after kill -9 of both`,
    );
    if (Date.now() - begun > longestAbsence) faults.push('a start after kill -9 of both took too long');
  }
  await current.program.end();
  await clearPostgres(folder.path);
  folder.remove();
}

interface Started {
  program: Program;
  url: string;
}

async function started(settings: Record<string, string>): Promise<Started> {
  const program = new Program(settings);
  const url = await program.ready(longestAbsence * 2);
  return { program, url };
}

async function allServe(programs: readonly Started[]): Promise<boolean> {
  const served = await Promise.all(
    programs.map(async ({ url }) => (await isReady(url)) && (await ask(url)) === 'answered'),
  );
  return served.every(Boolean);
}

type Outcome = 'answered' | 'refused' | 'cut' | { odd: string };

/** A write and a read: signing in. */
async function ask(url: string): Promise<Outcome> {
  const query = `mutation { signIn(login: "admin", password: ${JSON.stringify(password)}) { user { login } } }`;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data, errors } = (await response.json()) as {
      data?: { signIn?: object };
      errors?: { extensions: { code: string } }[];
    };
    if (data?.signIn) return 'answered';
    const code = errors?.[0]?.extensions.code;
    return code === 'UNAVAILABLE' || code === 'RATE_LIMITED' ? 'refused' : { odd: JSON.stringify(errors) };
  } catch {
    return 'cut';
  }
}

function startLoad(programs: readonly Started[]): { stop(): Promise<Load> } {
  const load: Load = { answered: 0, refused: 0, odd: [] };
  let running = true;
  const client = async (at: number): Promise<void> => {
    while (running) {
      const outcome = await ask((programs[at % programs.length] as Started).url);
      if (outcome === 'answered') load.answered++;
      else if (typeof outcome === 'object') load.odd.push(outcome.odd);
      else {
        load.refused++;
        await sleep(50);
      }
    }
  };
  const clients = [0, 1, 2, 3].map(client);
  return {
    async stop() {
      running = false;
      await Promise.all(clients);
      return load;
    },
  };
}

function postmasterOf(cluster: string): number {
  return Number(execFileSync('head', ['-n', '1', `${cluster}/postmaster.pid`]).toString());
}

function failed(error: unknown): string {
  faults.push(error instanceof Error ? error.message : String(error));
  return 'not in time,';
}
