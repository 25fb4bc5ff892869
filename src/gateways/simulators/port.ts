// A simulator of the local world as the product sees it: what it is doing, and another mood for it.
import type { MoodOf, SimulatorName, StateOf } from '../../shared/simulators.js';

export interface SimulatorPort<N extends SimulatorName> {
  /** Both reject where the simulator does not answer. */
  state(): Promise<StateOf<N>>;
  switch(mood: MoodOf<N>): Promise<StateOf<N>>;
}
