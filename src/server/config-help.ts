// The table of settings as `npm start -- --help` prints it.
import { settings } from '../config.js';

export function configHelp(): string {
  const rows = Object.entries(settings).map(([name, { fallback, what }]) => {
    const value = fallback === '' ? '' : ` [${fallback}]`;
    return `  ${name.padEnd(28)} ${what}${value}`;
  });
  return `npm start [-- --roles=web,worker,bot]\n\nSettings, from the environment or a .env file beside package.json; [default]:\n\n${rows.join('\n')}\n`;
}
