// The old route: a device's check object as the provider wrote it, at once where it is known, and kept in the history a moment later.
import { actorOf } from '../../auth/viewer.js';
import { Failure } from '../../shared/errors.js';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';
import { checkImeiInput } from './imei-check.inputs.js';
import type { ImeiCheckService } from './imei-checks.service.js';
import type { ImeiDesk } from './imei-desk.js';
import type { ImeiRecord } from './imei-record.js';
import type { KnownAnswers } from './known-answers.js';

export interface LegacyImeiPorts {
  readonly imeiDesk: ImeiDesk | undefined;
  readonly imeiRecord: ImeiRecord;
  readonly knownAnswers: KnownAnswers;
}

/** One exchange as long as it may take, and some time before it in the queue. */
const queueMs = 5_000;

export class LegacyImeiService {
  constructor(
    private readonly work: Work,
    private readonly ports: LegacyImeiPorts,
    private readonly checks: ImeiCheckService,
  ) {}

  /** Under a key it is the check of that key, whatever has become known since. */
  async check(text: string, idempotencyKey?: string): Promise<string> {
    const { imei } = parseInput(checkImeiInput, { imei: text });
    const known = idempotencyKey === undefined ? await this.ports.knownAnswers.find(imei) : undefined;
    if (known) {
      const { exchangeId, raw } = known;
      this.ports.imeiRecord.note({ exchangeId, requestedBy: actorOf(this.work.viewer), at: this.work.now() });
      return raw;
    }
    const patienceMs = (this.ports.imeiDesk?.timeoutMs ?? 0) + queueMs;
    const { rawText } = await this.checks.check({ imei }, { patienceMs, idempotencyKey });
    if (rawText === null) throw new Failure('UPSTREAM_FAILED', 'The IMEI provider takes too long; ask again later.');
    return rawText;
  }
}
