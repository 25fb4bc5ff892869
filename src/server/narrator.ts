// What the person at the terminal reads: what is being done, and, when it is ready, where to go and how to stop.
import type { FirstAdmin } from '../app.js';
import type { Config } from '../config.js';

export const narrator =
  (out: NodeJS.WriteStream) =>
  (message: string): void =>
    void out.write(`${message}\n`);

export interface Welcome {
  readonly version: string;
  readonly config: Pick<Config, 'ROLES' | 'NODE_ENV'>;
  readonly url: string;
  /** Of the simulated message gateway. */
  readonly gatewayPage: string | undefined;
  readonly firstAdmin: FirstAdmin | undefined;
}

export function banner({ version, config, url, gatewayPage, firstAdmin }: Welcome): string {
  const pages = config.ROLES.includes('web')
    ? [
        ['Start here', `${url}/`],
        ['GraphQL', `${url}/graphql`],
        ['REST', `${url}/docs/`],
      ]
    : [['Health', `${url}/readyz`]];
  const simulated = gatewayPage
    ? [['Gateway', `${gatewayPage}   (simulated: messages go there; switch its mood)`]]
    : [];
  const account = firstAdmin
    ? [
        ['Login', firstAdmin.login],
        ...(firstAdmin.password ? [['Password', `${firstAdmin.password}   (shown this once: keep it)`]] : []),
      ]
    : [];
  const lines = [...pages, ...simulated, ...account].map(([name = '', value = '']) => `    ${name.padEnd(12)}${value}`);
  return `\n  Switchboard ${version} is ready (${config.ROLES.join(', ')}).\n\n${lines.join('\n')}\n\n  Stop it with Ctrl-C.\n\n`;
}
