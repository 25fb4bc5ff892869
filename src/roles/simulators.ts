// The role simulators: the local world and nothing else, without a database. Ends at once, and with the process that
// started it.
import { once } from 'node:events';
import type { Config } from '../config.js';
import { linkTo, whyNotListening } from '../server/listening.js';
import type { Narrator } from '../server/narrator.js';
import type { Stopping } from '../server/shutdown.js';
import { openWorld } from '../simulators/world.js';

export async function playSimulators(config: Config, stopping: Stopping, narrator: Narrator): Promise<void> {
  const { HOST, PORT, MESSAGE_GATEWAY_TOKEN: gatewayToken } = config;
  const world = await openWorld({ host: HOST, port: PORT, gatewayToken }).catch((error: unknown) => {
    throw whyNotListening(error, config);
  });
  const parentGone = process.send ? once(process, 'disconnect') : new Promise<never>(() => undefined);
  if (process.send) process.send({ port: world.port });
  else narrator.welcomeToWorld(linkTo({ HOST, PORT: world.port }));
  await Promise.race([stopping.asked, parentGone]);
  await world.close();
}
