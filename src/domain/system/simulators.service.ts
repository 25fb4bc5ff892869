// The local world's simulators: what they are doing, and in which mood. Where none run there is nothing to find.
import type { z } from 'zod';
import type { SimulatorPort } from '../../gateways/simulators/port.js';
import { notFound } from '../../shared/errors.js';
import { type GatewayState, gatewayMood } from '../../shared/gateway-mood.js';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';

export interface SimulatorPorts {
  /** Undefined where none run: in production, with SIMULATORS=off, with providers of one's own. */
  readonly simulators: SimulatorPort | undefined;
}

export class SimulatorService {
  constructor(
    private readonly work: Work,
    private readonly ports: SimulatorPorts,
  ) {}

  async gateway(): Promise<GatewayState> {
    return this.#port().gateway();
  }

  async switchGateway(input: z.input<typeof gatewayMood>): Promise<GatewayState> {
    const port = this.#port();
    const mood = parseInput(gatewayMood, input);
    const state = await port.switchGateway(mood);
    await this.work.write(async (tx) => tx.audit('switchSimulator', 'simulator:gateway', { mode: mood.mode }));
    return state;
  }

  #port(): SimulatorPort {
    if (!this.ports.simulators) throw notFound('The simulated message gateway');
    return this.ports.simulators;
  }
}
