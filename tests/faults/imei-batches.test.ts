// A batch whose worker is killed half way: another one goes on with it, and nobody is paid for twice. Ten thousand: npm run soak.
import { runBatchKills } from '../support/imei-batch-kills.js';

it('goes on after its worker was killed, charges each device once and adds up at every event', async () => {
  const plan = { devices: 150, killAt: [0.4], latencyMs: 200, lost: 0, withinMs: 90_000 };
  const { faults } = await runBatchKills(plan, () => undefined);
  expect(faults).toEqual([]);
}, 120_000);
