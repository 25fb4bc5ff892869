// What a number says by itself: whether it is an IMEI, who registered its model and, of the best known, which it is. No I/O.
import type { ImeiProblem } from '../../entities/imei.enums.js';
import { readImei, tacOf } from './imei-number.js';
import { knownTac } from './known-tacs.js';
import { reportingBody } from './reporting-bodies.js';

/** All but the problem is null where no IMEI could be derived. */
export interface OfflineVerdict {
  readonly input: string;
  readonly valid: boolean;
  readonly problem: ImeiProblem | null;
  readonly imei: string | null;
  readonly tac: string | null;
  readonly reportingBody: string | null;
  readonly brand: string | null;
  readonly model: string | null;
}

export function offlineVerdict(input: string): OfflineVerdict {
  const reading = readImei(input);
  if ('problem' in reading) return refusal(input, reading.problem);
  const { imei, tac } = reading;
  const known = knownTac(tac);
  return {
    input,
    valid: true,
    problem: null,
    imei,
    tac: tacOf(imei),
    reportingBody: reportingBody(tac),
    brand: known?.brand ?? null,
    model: known?.model ?? null,
  };
}

function refusal(input: string, problem: ImeiProblem): OfflineVerdict {
  return {
    input,
    valid: false,
    problem,
    imei: null,
    tac: null,
    reportingBody: null,
    brand: null,
    model: null,
  };
}
