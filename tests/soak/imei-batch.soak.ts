// A batch of 10,000 devices whose worker is killed half way, and again, while some of the provider's answers are lost: it goes on, each
// device is charged once by the provider's own log, and the progress is right at every event.
import { runBatchKills } from '../support/imei-batch-kills.js';

const short = process.argv.includes('--short');
// Slow enough that the provider's history, of a thousand checks, reaches back over a death and what is waited for after it.
const plan = short
  ? { devices: 600, killAt: [0.5], latencyMs: 100, lost: 0.01, withinMs: 240_000 }
  : { devices: 10_000, killAt: [0.5, 0.75], latencyMs: 120, lost: 0.003, withinMs: 1_200_000 };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { faults, seen } = await runBatchKills(plan, say);
say(seen);
for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);
