// A simulator of the local world over HTTP, by the addresses that its own page uses.
import type { Egress } from '../../shared/egress.js';
import { Failure } from '../../shared/errors.js';
import { type SimulatorName, type StateOf, simulatorKinds } from '../../shared/simulators.js';
import type { SimulatorPort } from './port.js';

const timeoutMs = 3_000;

export function simulatorOverHttp<N extends SimulatorName>(name: N, root: string, egress: Egress): SimulatorPort<N> {
  const { what, state } = simulatorKinds[name];
  const ask = async (method: 'GET' | 'PUT', path: string, body?: object): Promise<object> => {
    try {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const { status, text } = await egress.exchange({ method, url: `${root}/${path}`, ...sent, timeoutMs });
      if (status === 200) return JSON.parse(text) as object;
    } catch {
      // Away, too slow or unreadable: all the same to whoever asks.
    }
    throw new Failure('UNAVAILABLE', `The ${what} does not answer.`, { retryAfter: 5 });
  };
  const now = async (): Promise<StateOf<N>> => {
    const answer = await ask('GET', 'stats');
    return state.parse({ ...answer, stats: answer });
  };
  return {
    state: now,
    async switch(mood) {
      // What it has seen until now; afterwards it may be away.
      const { stats } = await now();
      return state.parse({ ...(await ask('PUT', 'mood', mood)), stats });
    },
  };
}
