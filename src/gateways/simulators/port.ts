// The local world as the product sees it: what its simulators are doing, and another mood for them.
import type { GatewayMood, GatewayState } from '../../shared/gateway-mood.js';

export interface SimulatorPort {
  /** Both reject where the simulator does not answer. */
  gateway(): Promise<GatewayState>;
  switchGateway(mood: GatewayMood): Promise<GatewayState>;
}
