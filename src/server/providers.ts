// The providers that this program asks, as its configuration says: real ones, the local world's, or none; and the desk from which
// the local world's moods are switched.
import type { Config } from '../config.js';
import type { SimulatorPorts } from '../domain/system/simulators.service.js';
import { imeicheckProvider } from '../gateways/imei/imeicheck.js';
import type { ImeiProvider } from '../gateways/imei/port.js';
import { httpMessageGateway } from '../gateways/messages/http.js';
import type { MessageGateway } from '../gateways/messages/port.js';
import { simulatorOverHttp } from '../gateways/simulators/http.js';
import type { SimulatorPort } from '../gateways/simulators/port.js';
import type { Egress } from '../shared/egress.js';
import type { SimulatorName } from '../shared/simulators.js';
import { imeiProviderOf, type LocalWorld, messageGatewayOf, simulatorUrl } from './local-world.js';

interface Surroundings {
  readonly config: Config;
  readonly localWorld: LocalWorld | undefined;
  readonly egress: Egress;
}

export function openMessageGateway({ config, localWorld, egress }: Surroundings): MessageGateway | undefined {
  const place = messageGatewayOf(config, localWorld);
  return place && httpMessageGateway({ ...place, connections: config.MESSAGE_CONCURRENCY, egress });
}

export function openImeiProvider({ config, localWorld, egress }: Surroundings): ImeiProvider | undefined {
  const place = imeiProviderOf(config, localWorld);
  return place && imeicheckProvider({ ...place, concurrency: config.IMEI_CONCURRENCY, egress });
}

export function openSimulators({ config, localWorld, egress }: Surroundings): SimulatorPorts['simulators'] {
  const open = <N extends SimulatorName>(name: N): SimulatorPort<N> | undefined => {
    const url = simulatorUrl(name, config, localWorld);
    return url === undefined ? undefined : simulatorOverHttp(name, url, egress);
  };
  return { gateway: open('gateway'), imei: open('imei') };
}
