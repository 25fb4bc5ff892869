// A worker's death and a restart of PostgreSQL in the middle of a mailing, with real processes. `npm run soak` does it at
// length, and waits for the leases.
import { runKills } from '../support/mailing-kills.js';

const besideOthers = { leasesEndEarly: true, retriesComeEarly: true, timeoutSeconds: 3 };

it.each(['RETRY', 'HOLD'] as const)(
  'F1, F4, F5: nobody is lost and nobody who was settled is sent to again (%s)',
  async (onUncertain) => {
    const plan = { messages: 800, kills: 1, restarts: 1 };
    const { faults } = await runKills({ ...plan, ...besideOthers, onUncertain }, () => undefined);
    expect(faults).toEqual([]);
  },
  120_000,
);

it.each(['RETRY', 'HOLD'] as const)(
  'through a gateway that answers faster than is settled, too (%s)',
  async (onUncertain) => {
    const plan = { messages: 12_000, kills: 2, restarts: 1, swift: true };
    const { faults } = await runKills({ ...plan, ...besideOthers, onUncertain }, () => undefined);
    expect(faults).toEqual([]);
  },
  120_000,
);
