// A rejection is the message's fault, unless everybody gets the same: then it is the gateway's, and they all go back.
import { GateStage, notFound, spell } from '../support/send-gate-stage.js';
import { accepted, down, failing, invalid, timedOut } from '../support/send-simulation.js';

const names = (from: number, to: number, suffix = ''): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}${suffix}`);

describe('rejections', () => {
  it('are final when the next message is accepted, each in its order', () => {
    const stage = new GateStage();
    expect(stage.run(invalid, 3)).toEqual([]);
    expect(stage.run(accepted)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it('are final when the next one is rejected for another reason', () => {
    const stage = new GateStage();
    expect(stage.run(invalid, 3)).toEqual([]);
    expect(stage.run(notFound)).toEqual(['m1', 'm2', 'm3']);
    expect(stage.run(invalid)).toEqual(['m4']);
    expect(stage.breaker).toBe('CLOSED');
  });

  it('are neither made final nor forgotten by faults', () => {
    const stage = new GateStage();
    stage.run(invalid, 10);
    expect(stage.run(failing)).toEqual(['m11']);
    expect(stage.run(timedOut)).toEqual(['m12']);
    expect(stage.run(down)).toEqual(['m13']);
    expect(stage.run(invalid, 10)).toEqual([...names(1, 10, ' back'), ...names(14, 23, ' back')]);
  });

  it('are the fault of the gateway when there are twenty in a row: all go back, and it opens', () => {
    const stage = new GateStage();
    expect(stage.run(invalid, 19)).toEqual([]);
    expect(stage.breaker).toBe('CLOSED');
    expect(stage.run(invalid)).toEqual(names(1, 20, ' back'));
    expect(stage.breaker).toBe('OPEN');
  });

  it('go back, too, when they were under way meanwhile, and when the probe gets the same', () => {
    const stage = new GateStage();
    const late = [stage.begin('late 1'), stage.begin('late 2')];
    stage.run(invalid, 20);
    expect(late.flatMap((slot) => spell(stage.gate.end(slot, invalid, stage.now)))).toEqual([
      'late 1 back',
      'late 2 back',
    ]);
    stage.now += 1_000;
    expect(stage.run(invalid)).toEqual(['m21 back']);
    expect(stage.breaker).toBe('OPEN');
    stage.now += 2_000;
    expect(stage.run(accepted)).toEqual(['m22']);
    expect(stage.breaker).toBe('CLOSED');
    expect(stage.run(invalid)).toEqual([]);
    expect(stage.run(accepted)).toEqual(['m23', 'm24']);
  });

  it('are final a second after the last answer of all, or ten after their own', () => {
    const stage = new GateStage();
    stage.run(invalid);
    stage.now += 999;
    expect(stage.overdue()).toEqual([]);
    stage.now += 1;
    expect(stage.overdue()).toEqual(['m1']);
    expect(stage.overdue()).toEqual([]);
    stage.run(invalid);
    stage.run(failing, 18, 500);
    expect(stage.overdue()).toEqual([]);
    stage.run(failing, 2, 500);
    expect(stage.overdue()).toEqual(['m2']);
  });

  it('go on being counted when some were final already', () => {
    const stage = new GateStage();
    stage.run(invalid, 12);
    stage.now += 1_000;
    expect(stage.overdue()).toEqual(names(1, 12));
    expect(stage.run(invalid, 8)).toEqual(names(13, 20, ' back'));
    expect(stage.breaker).toBe('OPEN');
  });

  it('can be let go all at once, at the end', () => {
    const stage = new GateStage();
    stage.run(invalid, 3);
    expect(spell(stage.gate.release())).toEqual(names(1, 3));
    expect(stage.run(accepted)).toEqual(['m4']);
  });
});
