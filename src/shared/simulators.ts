// The simulators of the local world by their names, which are also the first segments of their paths. No I/O.
import type { z } from 'zod';
import { type GatewayMood, type GatewayState, gatewayMood, gatewayState } from './gateway-mood.js';
import { type ImeiMood, type ImeiState, imeiMood, imeiState } from './imei-mood.js';

interface Tempers {
  readonly gateway: { readonly mood: GatewayMood; readonly state: GatewayState };
  readonly imei: { readonly mood: ImeiMood; readonly state: ImeiState };
}

export type SimulatorName = keyof Tempers;
export type MoodOf<N extends SimulatorName> = Tempers[N]['mood'];
export type StateOf<N extends SimulatorName> = Tempers[N]['state'];

export interface SimulatorKind<N extends SimulatorName> {
  /** The simulated …, in a sentence. */
  readonly what: string;
  readonly mood: z.ZodType<MoodOf<N>>;
  readonly state: z.ZodType<StateOf<N>>;
}

export const simulatorKinds: { readonly [N in SimulatorName]: SimulatorKind<N> } = {
  gateway: { what: 'simulated message gateway', mood: gatewayMood, state: gatewayState },
  imei: { what: 'simulated IMEI provider', mood: imeiMood, state: imeiState },
};

export const simulatorNames = Object.keys(simulatorKinds) as readonly SimulatorName[];
