// The local world's simulators: what they are doing, and in which mood. Where none run there is nothing to find.
import type { SimulatorPort } from '../../gateways/simulators/port.js';
import { notFound } from '../../shared/errors.js';
import { type MoodOf, type SimulatorName, type StateOf, simulatorKinds } from '../../shared/simulators.js';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';

export interface SimulatorPorts {
  /** Undefined where one does not run: in production, with SIMULATORS=off, with a provider of one's own. */
  readonly simulators: { readonly [N in SimulatorName]: SimulatorPort<N> | undefined };
}

export class SimulatorService {
  constructor(
    private readonly work: Work,
    private readonly ports: SimulatorPorts,
  ) {}

  async state<N extends SimulatorName>(name: N): Promise<StateOf<N>> {
    return this.#port(name).state();
  }

  async switch<N extends SimulatorName>(name: N, input: unknown): Promise<StateOf<N>> {
    const mood: MoodOf<N> = parseInput(simulatorKinds[name].mood, input);
    const state = await this.#port(name).switch(mood);
    await this.work.write(async (tx) => tx.audit('switchSimulator', `simulator:${name}`, { mode: mood.mode }));
    return state;
  }

  #port<N extends SimulatorName>(name: N): SimulatorPort<N> {
    const port = this.ports.simulators[name];
    if (!port) throw notFound(`The ${simulatorKinds[name].what}`);
    return port;
  }
}
