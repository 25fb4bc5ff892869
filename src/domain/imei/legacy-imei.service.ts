// The old route: a device's check object as the provider wrote it, at once where it is known, and kept in the history a moment later.
import { actorOf } from '../../auth/viewer.js';
import { Failure } from '../../shared/errors.js';
import type { Work } from '../work.js';
import { imeiIn } from './imei-check.inputs.js';
import { defaultMaxAge, type ImeiCheckService } from './imei-checks.service.js';
import type { ImeiDesk } from './imei-desk.js';
import type { ImeiRecord } from './imei-record.js';

export interface LegacyImeiPorts {
  readonly imeiDesk: ImeiDesk | undefined;
  readonly imeiRecord: ImeiRecord;
}

interface Known {
  readonly exchangeId: string;
  readonly status: string;
  readonly raw: string;
  readonly ageSeconds: number;
}

/** One exchange as long as it may take, and some time before it in the queue. */
const queueMs = 5_000;

export class LegacyImeiService {
  constructor(
    private readonly work: Work,
    private readonly ports: LegacyImeiPorts,
    private readonly checks: ImeiCheckService,
  ) {}

  async check(text: string): Promise<string> {
    const imei = imeiIn(text);
    const [known] = await this.work.plannedRows<Known>(knownSql, [imei]);
    if (known) {
      const { exchangeId, status, ageSeconds, raw } = known;
      const requestedBy = actorOf(this.work.viewer);
      this.ports.imeiRecord.note({ exchangeId, imei, status, ageSeconds, requestedBy }, this.work.now());
      return raw;
    }
    const patienceMs = (this.ports.imeiDesk?.timeoutMs ?? 0) + queueMs;
    const { rawText } = await this.checks.check({ imei }, { patienceMs });
    if (rawText === null) throw new Failure('UPSTREAM_FAILED', 'The IMEI provider takes too long; ask again later.');
    return rawText;
  }
}

/** As begin_imei_check() finds it for those who name no service. */
const knownSql = `
  select id as "exchangeId", status, raw, greatest(floor(extract(epoch from clock_timestamp() - ended_at)), 0)::int as "ageSeconds"
  from imei_exchange where imei = $1 and conclusive and ended_at > clock_timestamp() - interval '${defaultMaxAge} s'
  order by ended_at desc limit 1`;
