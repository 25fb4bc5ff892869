// The role simulators: the local world and nothing else, without a database. Ends at once, and with the process that
// started it.
import { once } from 'node:events';
import type { Config } from '../config.js';
import { linkTo, whyNotListening } from '../server/listening.js';
import { simulatorIn } from '../server/local-world.js';
import { simulatorWords } from '../server/narrator.js';
import type { Stopping } from '../server/shutdown.js';
import { simulatorNames } from '../shared/simulators.js';
import { openWorld } from '../simulators/world.js';

export async function playSimulators(config: Config, stopping: Stopping): Promise<void> {
  const { HOST, PORT, MESSAGE_GATEWAY_TOKEN: gatewayToken } = config;
  const world = await openWorld({ host: HOST, port: PORT, gatewayToken }).catch((error: unknown) => {
    throw whyNotListening(error, config);
  });
  const parentGone = process.send ? once(process, 'disconnect') : new Promise<never>(() => undefined);
  if (process.send) process.send({ port: world.port });
  else process.stdout.write(welcome(linkTo({ HOST, PORT: world.port })));
  await Promise.race([stopping.asked, parentGone]);
  await world.close();
}

const welcome = (url: string): string => `
  The local world is ready.

${simulatorNames.map((name) => `    ${simulatorWords[name].title.padEnd(12)}${simulatorIn(url, name)}/`).join('\n')}
    Use it      SIMULATORS=${url} npm start

  Stop it with Ctrl-C.

`;
