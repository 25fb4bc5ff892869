// A mailing through a bad gateway while workers are killed and PostgreSQL restarts: nobody is lost, nobody is sent to twice
// who had been settled, and where a lost answer is to be held, nobody is sent to twice at all.
import { runKills } from '../support/mailing-kills.js';

const short = process.argv.includes('--short');
const plan = short
  ? { messages: 4_000, kills: 1, restarts: 1, retriesComeEarly: true }
  : { messages: 20_000, kills: 5, restarts: 2 };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const faults: string[] = [];
for (const onUncertain of ['RETRY', 'HOLD'] as const) {
  const result = await runKills({ ...plan, onUncertain }, say);
  say(result.seen);
  faults.push(...result.faults.map((fault) => `${onUncertain}: ${fault}`));
}
for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);
