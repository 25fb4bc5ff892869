// What the person at the terminal reads: what is being done, and, when it is ready, where to go and how to stop.
import type { FirstAdmin } from '../app.js';
import type { Config } from '../config.js';
import type { SimulatorName } from '../shared/simulators.js';
import type { SimulatorPage } from './local-world.js';

export const narrator =
  (out: NodeJS.WriteStream) =>
  (message: string): void =>
    void out.write(`${message}\n`);

export interface Welcome {
  readonly version: string;
  readonly config: Pick<Config, 'ROLES' | 'NODE_ENV'>;
  readonly url: string;
  readonly simulatorPages: readonly SimulatorPage[];
  readonly firstAdmin: FirstAdmin | undefined;
}

export function banner({ version, config, url, simulatorPages, firstAdmin }: Welcome): string {
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
  const account = firstAdmin
    ? [
        ['Login', firstAdmin.login],
        ...(firstAdmin.password ? [['Password', `${firstAdmin.password}   (shown this once: keep it)`]] : []),
      ]
    : [];
  const lines = [...pages, ...simulated, ...account].map(([name = '', value = '']) => `    ${name.padEnd(12)}${value}`);
  return `\n  Switchboard ${version} is ready (${config.ROLES.join(', ')}).\n\n${lines.join('\n')}\n\n  Stop it with Ctrl-C.\n\n`;
}

export const simulatorWords: Readonly<Record<SimulatorName, { readonly title: string; readonly use: string }>> = {
  gateway: { title: 'Gateway', use: 'messages go there' },
  imei: { title: 'IMEI', use: 'phones are checked there' },
};
