// The zones of a mailing's audience, and when its window is open in each: that which is open now, or the next one. Rolled on
// as openings pass, so that no message has to be touched when a window opens, closes or is changed.
import type { Weekday } from '../../entities/mailing.enums.js';
import type { Rows } from '../live/event-log.js';
import type { Transaction } from '../work.js';
import { openingAt } from './local-window.js';

interface Timing {
  readonly opensAt: Date | null;
  readonly closesAt: Date | null;
}

interface WindowColumns {
  readonly from: number | null;
  readonly to: number | null;
  readonly days: Weekday[] | null;
}

const windowColumns = 'g.window_from as "from", g.window_to as "to", g.window_days as days';
/** A mailing without a window has always been open. */
const always: Timing = { opensAt: new Date(0), closesAt: null };
const never: Timing = { opensAt: null, closesAt: null };

/** Under the lock of the mailing's row: gives each time zone that it does not know yet a number. */
export async function ensureZones(tx: Transaction, mailingId: string, timezones: readonly string[]): Promise<void> {
  const [mailing] = await tx.rows<WindowColumns & { known: string[]; now: Date }>(
    `select ${windowColumns}, clock_timestamp() as now,
       array(select z.timezone from mailing_zone z where z.mailing_id = g.id) as known
     from mailing g where g.id = $1`,
    [mailingId],
  );
  if (!mailing) return;
  const missing = [...new Set(timezones)].filter((timezone) => !mailing.known.includes(timezone));
  if (missing.length === 0) return;
  const timings = missing.map((timezone) => timingOf(mailing, timezone, mailing.now));
  await tx.rows(
    `insert into mailing_zone (mailing_id, zone, timezone, opens_at, closes_at)
     select $1, $2 + place, timezone, opens_at, closes_at
     from unnest($3::text[], $4::timestamptz[], $5::timestamptz[]) with ordinality as z (timezone, opens_at, closes_at, place)`,
    [mailingId, mailing.known.length, missing, timings.map((t) => t.opensAt), timings.map((t) => t.closesAt)],
  );
}

/** After a change of the window, in the transaction of that change. */
export async function retimeZones(tx: Transaction, mailingId: string): Promise<void> {
  const zones = await tx.rows<ZoneRow>(`select ${zoneColumns} where g.id = $1`, [mailingId]);
  await setTimings(tx, zones, 'true');
}

/** Whoever comes first after an opening has passed says when the next one is. Gives how many were rolled on. */
export async function rollZones(db: Rows): Promise<number> {
  const zones = await db.rows<ZoneRow>(
    `select ${zoneColumns} where g.status in ('RUNNING', 'PAUSED') and z.closes_at <= statement_timestamp() limit 1000`,
  );
  // Only where nobody else has said so meanwhile.
  await setTimings(db, zones, 'z.closes_at is not distinct from n.before');
  return zones.length;
}

interface ZoneRow extends WindowColumns {
  readonly mailingId: string;
  readonly zone: number;
  readonly timezone: string;
  readonly closesAt: Date | null;
  readonly now: Date;
}

const zoneColumns = `z.mailing_id as "mailingId", z.zone, z.timezone, z.closes_at as "closesAt", clock_timestamp() as now, ${windowColumns}
  from mailing_zone z join mailing g on g.id = z.mailing_id`;

async function setTimings(db: Rows, zones: readonly ZoneRow[], condition: string): Promise<void> {
  if (zones.length === 0) return;
  const timings = zones.map((zone) => timingOf(zone, zone.timezone, zone.now));
  await db.rows(
    `update mailing_zone z set opens_at = n.opens_at, closes_at = n.closes_at
     from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
       as n (mailing_id, zone, before, opens_at, closes_at)
     where z.mailing_id = n.mailing_id and z.zone = n.zone and ${condition}`,
    [
      zones.map((z) => z.mailingId),
      zones.map((z) => z.zone),
      zones.map((z) => z.closesAt),
      timings.map((t) => t.opensAt),
      timings.map((t) => t.closesAt),
    ],
  );
}

function timingOf({ from, to, days }: WindowColumns, timezone: string, now: Date): Timing {
  if (from === null || to === null) return always;
  return openingAt({ from, to, days }, timezone, now) ?? never;
}
