// A server that is told to stop while the provider works on a check that nobody waits for: what is paid for is written down.
import { imeiOf } from '../support/imei-calls.js';
import { ImeiProcesses } from '../support/imei-processes.js';
import { WatchCalls } from '../support/imei-watch-stage.js';
import { until } from '../support/program.js';

it('writes down the answer that comes while it stops', async () => {
  await using two = await ImeiProcesses.start({ IMEI_TIMEOUT: '8s' });
  await two.provider.setMood({ mode: 'slow', latencyMs: 2_000 });
  const imei = imeiOf(1);
  const [client] = two.clients;
  if (client) await new WatchCalls(client).watched(imei, 24);
  const state = async () =>
    (await two.database.query<{ state: string }>('select state from imei_exchange where imei = $1', [imei]))[0]?.state;
  await until(async () => (await state()) === 'ASKING', 10_000, 'the provider is asked');
  for (const program of two.programs) program.signal('SIGTERM');
  await Promise.all(two.programs.map(({ exited }) => exited));
  await expect(state()).resolves.toBe('ANSWERED');
}, 60_000);
