// The order of test files where nothing is known of earlier runs: those that wait for real processes first, because what is left
// for the end is waited for alone; the larger ones before the smaller.
import { statSync } from 'node:fs';

const waits = /\/tests\/(faults\/|contracts\/scheduler-|api\/rehearsed-live)/;

export default class LongestFirst {
  sort(tests) {
    const rank = ({ path }) => [waits.test(path) ? 1 : 0, statSync(path).size];
    const ranked = tests.map((test) => ({ test, rank: rank(test) }));
    return ranked.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1]).map(({ test }) => test);
  }

  allFailedTests(tests) {
    return this.sort(tests);
  }

  cacheResults() {}
}
