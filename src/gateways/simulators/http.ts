// The local world over HTTP, by the addresses that its own pages use.
import type { Egress } from '../../shared/egress.js';
import { Failure } from '../../shared/errors.js';
import { type GatewayState, gatewayStats, gatewayTemper } from '../../shared/gateway-mood.js';
import type { SimulatorPort } from './port.js';

const timeoutMs = 3_000;

export function simulatorsOverHttp(world: string, egress: Egress): SimulatorPort {
  const ask = async (method: 'GET' | 'PUT', path: string, body?: object): Promise<unknown> => {
    try {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const { status, text } = await egress.exchange({ method, url: `${world}/gateway/${path}`, ...sent, timeoutMs });
      if (status === 200) return JSON.parse(text);
    } catch {
      // Away, too slow or unreadable: all the same to whoever asks.
    }
    throw new Failure('UNAVAILABLE', 'The simulated message gateway does not answer.', { retryAfter: 5 });
  };
  const gateway = async (): Promise<GatewayState> => {
    const answer = await ask('GET', 'stats');
    return { ...gatewayTemper.parse(answer), stats: gatewayStats.parse(answer) };
  };
  return {
    gateway,
    async switchGateway(mood) {
      const { stats } = await gateway();
      return { ...gatewayTemper.parse(await ask('PUT', 'mood', mood)), stats };
    },
  };
}
