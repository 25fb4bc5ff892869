// The newest answer about a device, for those who name no service: looked up in one statement for all who ask in the same moment,
// since a round trip costs more than the look-ups in it.
import type { Rows } from '../live/event-log.js';
import { defaultMaxAge } from './imei-check.inputs.js';

export interface KnownAnswer {
  readonly exchangeId: string;
  /** The provider's check object, unchanged to the byte. */
  readonly raw: string;
}

type Found = KnownAnswer & { readonly imei: string };
type Asking = PromiseWithResolvers<KnownAnswer | undefined>;

export class KnownAnswers {
  #asked = new Map<string, Asking>();

  constructor(private readonly db: Rows) {}

  find(imei: string): Promise<KnownAnswer | undefined> {
    const asking = this.#asked.get(imei) ?? Promise.withResolvers<KnownAnswer | undefined>();
    if (this.#asked.size === 0) setImmediate(() => void this.#look());
    this.#asked.set(imei, asking);
    return asking.promise;
  }

  async #look(): Promise<void> {
    const asked = this.#asked;
    this.#asked = new Map();
    try {
      const found = await this.db.rows<Found>(knownSql, [[...asked.keys()]]);
      const answers = new Map(found.map((answer) => [answer.imei, answer]));
      for (const [imei, { resolve }] of asked) resolve(answers.get(imei));
    } catch (error) {
      for (const { reject } of asked.values()) reject(error);
    }
  }
}

/** Each as begin_imei_check() finds it. */
const knownSql = `
  select a.imei, e.id as "exchangeId", e.raw from unnest($1::text[]) as a (imei) cross join lateral (
    select id, raw from imei_exchange where imei = a.imei and conclusive
      and ended_at > clock_timestamp() - interval '${defaultMaxAge} s'
    order by ended_at desc limit 1
  ) e`;
