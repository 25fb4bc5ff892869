// A test that did not run is counted and named; under CI=true a missing peer is a failure instead.
import { closingLine } from '../support/peers.js';

describe('the closing line of a run', () => {
  it('counts what was skipped and names the missing peers once each', () => {
    const names = [
      'hub [peer: redis] resumes',
      'hub [peer: redis] wakes',
      'page [peer: chromium] [peer: redis] opens',
      'other',
    ];
    expect(closingLine(names, () => true)).toBe('skipped: 4 (redis, chromium)');
  });

  it('does not call a peer missing that is there', () => {
    expect(closingLine(['hub [peer: redis] resumes'], () => false)).toBe('skipped: 1');
  });

  it('says so when nothing was skipped', () => {
    expect(closingLine([])).toBe('skipped: 0');
  });
});
