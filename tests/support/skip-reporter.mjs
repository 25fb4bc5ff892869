// The last line of a test run says what it did not run: `skipped: 12 (redis, chromium)`, or `skipped: 0`.
// Written when the process ends, so that nothing of jest's comes after it.
import { writeSync } from 'node:fs';
import { closingLine } from './peers.ts';

export default class SkipReporter {
  onRunComplete(_contexts, { testResults }) {
    const skipped = testResults
      .flatMap((file) => file.testResults)
      .filter(({ status }) => status === 'pending' || status === 'todo');
    const line = closingLine(skipped.map(({ fullName }) => fullName));
    process.once('exit', () => writeSync(1, `${line}\n`));
  }
}
