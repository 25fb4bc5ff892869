// The gate before the message gateway: opens and closes, and gives places.

import { denied, GateStage, notFound } from '../support/send-gate-stage.js';
import { accepted, down, failing, invalid, overloaded, timedOut } from '../support/send-simulation.js';

describe('the breaker', () => {
  it('opens when more than four fifths of fifty failed, not before', () => {
    const stage = new GateStage();
    stage.run(accepted, 10);
    stage.run(failing, 40);
    expect(stage.breaker).toBe('CLOSED');
    stage.run(timedOut);
    expect(stage.breaker).toBe('OPEN');
    expect(stage.free).toBe(0);
  });

  it.each([
    ['of less than fifty', failing, 49, 'CLOSED'],
    ['of unsent ones', down, 50, 'OPEN'],
    ['of overload', overloaded, 50, 'OPEN'],
    ['of hangs', timedOut, 50, 'OPEN'],
    ['of messages that are wrong for different reasons', undefined, 100, 'CLOSED'],
  ])('concludes %s what it should', (_name, outcome, times, expected) => {
    const stage = new GateStage();
    for (let index = 0; index < times; index++) stage.run(outcome ?? (index % 2 ? invalid : notFound));
    expect(stage.breaker).toBe(expected);
  });

  it('opens at once when our token is refused', () => {
    const stage = new GateStage();
    stage.run(accepted, 100);
    expect(stage.run(denied)).toEqual(['m101']);
    expect(stage.breaker).toBe('OPEN');
  });

  it('lets one through when its pause is over, and closes when that one goes well', () => {
    const stage = new GateStage();
    stage.run(failing, 50);
    stage.now += 999;
    expect([stage.breaker, stage.free]).toEqual(['OPEN', 0]);
    stage.now += 1;
    expect([stage.breaker, stage.free]).toEqual(['HALF_OPEN', 1]);
    const probe = stage.begin();
    expect(stage.free).toBe(0);
    stage.gate.end(probe, accepted, stage.now);
    expect(stage.breaker).toBe('CLOSED');
    expect(stage.free).toBe(16);
  });

  it.each([
    ['rejected', invalid, 'CLOSED'],
    ['refused', failing, 'OPEN'],
    ['lost', timedOut, 'OPEN'],
    ['unsent', down, 'OPEN'],
    ['denied', denied, 'OPEN'],
  ])('sees in a probe that was %s what it should', (_name, outcome, expected) => {
    const stage = new GateStage();
    stage.run(failing, 50);
    stage.now += 1_000;
    stage.run(outcome);
    expect(stage.breaker).toBe(expected);
  });

  it('pauses longer after each probe that fails, fifteen seconds at most', () => {
    const stage = new GateStage();
    stage.run(failing, 50);
    const pauses = Array.from({ length: 7 }, () => {
      const since = stage.now;
      while (stage.breaker === 'OPEN') stage.now += 100;
      const pause = stage.now - since;
      stage.run(failing, 1, 0);
      return pause;
    });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('starts with short pauses again only when it has stayed closed for a while', () => {
    const stage = new GateStage();
    stage.run(failing, 50);
    stage.now += 1_000;
    stage.run(accepted);
    stage.run(failing, 50);
    stage.now += 1_000;
    expect(stage.breaker).toBe('OPEN');
    stage.now += 1_000;
    stage.run(accepted, 50);
    stage.run(failing, 41);
    stage.now += 1_000;
    expect(stage.breaker).toBe('HALF_OPEN');
  });

  it('sends another probe when one hangs, and closes whichever goes well', () => {
    const stage = new GateStage(64, 60_000);
    stage.run(failing, 50);
    stage.now += 1_000;
    const first = stage.begin();
    stage.now += 9_999;
    expect(stage.free).toBe(0);
    stage.now += 1;
    expect(stage.free).toBe(1);
    stage.begin();
    stage.gate.end(first, accepted, stage.now);
    expect(stage.breaker).toBe('CLOSED');
  });

  it('takes a probe back that was never made', () => {
    const stage = new GateStage();
    stage.run(failing, 50);
    stage.now += 1_000;
    stage.gate.cancel(stage.begin());
    expect(stage.free).toBe(1);
  });

  it('hears nothing in what began before it opened', () => {
    const stage = new GateStage();
    const late = Array.from({ length: 10 }, () => stage.begin());
    stage.run(failing, 50);
    stage.gate.end(late[0] ?? stage.begin(), accepted, stage.now);
    expect(stage.breaker).toBe('OPEN');
    stage.now += 1_000;
    stage.run(accepted);
    for (const slot of late.slice(1)) stage.gate.end(slot, denied, stage.now);
    expect(stage.breaker).toBe('CLOSED');
  });
});

describe('places', () => {
  it('are as many as allowed, and come back with every end', () => {
    const stage = new GateStage(3);
    const slots = [stage.begin(), stage.begin(), stage.begin()];
    expect(stage.free).toBe(0);
    for (const slot of slots) stage.gate.end(slot, accepted, stage.now);
    expect(stage.free).toBe(3);
    stage.gate.cancel(stage.begin());
    expect(stage.free).toBe(3);
  });

  it('are no more than allowed in all, however many hang', () => {
    const stage = new GateStage(10);
    for (let index = 0; index < 10; index++) stage.begin();
    stage.now += 5_000;
    expect(stage.free).toBe(0);
  });

  it('stay free for others when exchanges hang in a half of those that a narrower limit leaves', () => {
    const stage = new GateStage(64);
    while (stage.limit > 32) {
      stage.run(overloaded, 2, 40);
      stage.run(accepted, 1, 40);
    }
    const { limit } = stage;
    for (let index = 0; index < limit; index++) stage.begin();
    expect(stage.free).toBe(0);
    stage.now += 999;
    expect(stage.free).toBe(0);
    stage.now += 1;
    expect(stage.free).toBe(Math.floor(limit / 2));
  });

  it('are told with figures of the last exchanges', () => {
    const stage = new GateStage(8);
    expect(stage.gate.state(stage.now)).toEqual({
      breaker: 'CLOSED',
      concurrency: 8,
      successRate: 1,
      p95Ms: 0,
      perSecond: 0,
      lastError: null,
    });
    stage.run(accepted, 30, 100);
    stage.run(failing, 10, 100);
    expect(stage.gate.state(stage.now)).toEqual({
      breaker: 'CLOSED',
      concurrency: 8,
      successRate: 0.75,
      p95Ms: 100,
      perSecond: 80,
      lastError: 'HTTP 500',
    });
    stage.run(accepted, 10, 6_001);
    expect(stage.gate.state(stage.now)).toMatchObject({ successRate: 1, lastError: null });
  });
});
