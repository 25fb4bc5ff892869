// The simulated message gateway as a process of its own. Its URL is for MESSAGE_GATEWAY_URL: POST {url}/v1/send/{id}.
import type { GatewayMood, gatewayMood } from '../../src/shared/gateway-mood.js';
import type { GatewayStats } from '../../src/simulators/gateway-figures.js';
import type { GatewayLogEntry } from '../../src/simulators/message-gateway.js';
import { startSimulator, type TestSimulator } from './world-process.js';

type Mood = (typeof gatewayMood)['_zod']['input'];
type Stats = GatewayStats & { readonly mood: GatewayMood; readonly until: string | null };

export type TestGateway = TestSimulator<Mood, Stats, GatewayLogEntry>;

export interface TestGatewayOptions {
  /** A free one where it is left out; one that is known lets a gateway come back where it was. */
  readonly port?: number;
  /** The Bearer token that it demands. */
  readonly token?: string;
}

export const startGateway = (
  mood: Mood = { mode: 'ok' },
  { port = 0, token }: TestGatewayOptions = {},
): Promise<TestGateway> => startSimulator('gateway', mood, { port, gatewayToken: token });
