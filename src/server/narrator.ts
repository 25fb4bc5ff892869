// What the person who starts the program is told: what is being done, and, when it is ready, where to go and how to stop. As text, or
// as lines of the log where LOG_FORMAT=json wants nothing but JSON on stdout.
import type { Admin } from '../app.js';
import type { Config } from '../config.js';
import type { Logger } from '../shared/logger.js';
import { type SimulatorName, simulatorNames } from '../shared/simulators.js';
import { type SimulatorPage, simulatorIn } from './local-world.js';

export interface Narrator {
  say(message: string): void;
  welcome(welcome: Welcome): void;
  /** The local world alone, at this address. */
  welcomeToWorld(url: string): void;
}

export interface Welcome {
  readonly version: string;
  readonly config: Pick<Config, 'ROLES' | 'NODE_ENV'>;
  readonly url: string;
  readonly simulatorPages: readonly SimulatorPage[];
  readonly admin: Admin | undefined;
}

export function narrator({ LOG_FORMAT }: Pick<Config, 'LOG_FORMAT'>, log: Logger): Narrator {
  return LOG_FORMAT === 'json' ? inJson(log) : inText(process.stdout);
}

/** Whatever LOG_LEVEL says: the one-time password is told by nothing else. */
function inJson(log: Logger): Narrator {
  const told = log.child({}, { level: 'info' });
  return {
    say: (message) => told.info(message),
    welcome: ({ version, config, url, simulatorPages, admin }) => {
      const simulators = Object.fromEntries(simulatorPages.map(({ name, href }) => [name, href]));
      // The login is somebody's name: later starts keep it out of the log.
      const account = admin?.isNew ? { login: admin.login, password: admin.password ?? undefined } : {};
      told.info({ url, roles: config.ROLES, simulators, ...account }, `Switchboard ${version} is ready`);
    },
    welcomeToWorld: (url) => told.info({ url }, 'The local world is ready'),
  };
}

const inText = (out: NodeJS.WritableStream): Narrator => ({
  say: (message) => void out.write(`${message}\n`),
  welcome: (welcome) => void out.write(banner(welcome)),
  welcomeToWorld: (url) => void out.write(worldBanner(url)),
});

export function banner({ version, config, url, simulatorPages, admin }: Welcome): string {
  const pages = config.ROLES.includes('web')
    ? [
        ['Start here', `${url}/`],
        ['GraphQL', `${url}/graphql`],
        ['REST', `${url}/docs/`],
      ]
    : [['Health', `${url}/readyz`]];
  const simulated = simulatorPages.map(({ name, href }) => {
    const { title, use } = simulatorWords[name];
    return [title, `${href}   (simulated: ${use}; switch its mood)`];
  });
  const lines = [...pages, ...simulated, ...accountOf(admin, config)].map(
    ([name = '', value = '']) => `    ${name.padEnd(12)}${value}`,
  );
  return `\n  Switchboard ${version} is ready (${config.ROLES.join(', ')}).\n\n${lines.join('\n')}\n\n  Stop it with Ctrl-C.\n\n`;
}

function accountOf(admin: Admin | undefined, { ROLES }: Welcome['config']): string[][] {
  if (!admin) return [];
  const { login, password, isNew } = admin;
  if (isNew) return [['Login', login], ...(password ? [['Password', `${password}   (shown this once: keep it)`]] : [])];
  return ROLES.includes('web') ? [['Login', `${login}   (a new password: npm run admin -- reset ${login})`]] : [];
}

const worldBanner = (url: string): string => `
  The local world is ready.

${simulatorNames.map((name) => `    ${simulatorWords[name].title.padEnd(12)}${simulatorIn(url, name)}/`).join('\n')}
    Use it      SIMULATORS=${url} npm start

  Stop it with Ctrl-C.

`;

const simulatorWords: Readonly<Record<SimulatorName, { readonly title: string; readonly use: string }>> = {
  gateway: { title: 'Gateway', use: 'messages go there' },
  imei: { title: 'IMEI', use: 'phones are checked there' },
};
