// Whether the provider's own history tells what became of a request whose answer was lost. Pure.
import type { ProviderCheck } from '../../gateways/imei/port.js';

export interface LostRequest {
  readonly imei: string;
  readonly serviceId: number;
  /** By our clock: when the first attempt may have left, and the last one. */
  readonly beganAt: Date;
  readonly askedAt: Date;
}

export interface History {
  /** Newest first, perhaps only the newest ones. */
  readonly checks: readonly ProviderCheck[];
  /** Those among them that are the answers to requests of ours, with when these had ended. */
  readonly ours: ReadonlyMap<string, Date>;
  /** The newest check that the provider is known to have done for us, whether or not the list has it. */
  readonly newestOfOurs: OurCheck | undefined;
}

export interface OurCheck {
  readonly id: string;
  readonly endedAt: Date;
}

export interface LookupTimes {
  readonly now: Date;
  /** The longest that the provider may take over a request that we gave up. */
  readonly settledAfterMs: number;
}

/** ABSENT: certainly not there. UNKNOWN: too early, the list does not reach back far enough, or it lacks what must be in it. */
export type Finding = { readonly found: ProviderCheck } | 'ABSENT' | 'UNKNOWN';

/** Between the provider's clock and ours, its whole seconds included. */
const skewMs = 120_000;
/** No provider's page is as short: the list is whole. */
const wholeBelow = 10;

export function lookUp(lost: LostRequest, history: History, { now, settledAfterMs }: LookupTimes): Finding {
  const earliest = lost.beganAt.getTime() - skewMs;
  const isIts = ({ id, deviceId, serviceId, status, processedAt }: ProviderCheck): boolean =>
    deviceId === lost.imei &&
    serviceId === lost.serviceId &&
    !history.ours.has(id) &&
    (processedAt === null ? status === 'waiting' || status === 'processing' : processedAt.getTime() >= earliest);
  // The oldest one, where there are several: a later one answers somebody else.
  const found = history.checks.findLast(isIts);
  if (found) return { found };
  const settled = now.getTime() - lost.askedAt.getTime() >= settledAfterMs;
  return settled && reachesBack(lost, history) && !omitsOurs(history) ? 'ABSENT' : 'UNKNOWN';
}

function reachesBack({ beganAt }: LostRequest, { checks, ours }: History): boolean {
  if (checks.length < wholeBelow) return true;
  return checks.some(({ id, processedAt }) => {
    const ended = ours.get(id);
    return ended ? ended < beganAt : processedAt !== null && processedAt.getTime() < beganAt.getTime() - skewMs;
  });
}

/** What a page of newer ones has pushed out is not omitted. */
function omitsOurs({ checks, newestOfOurs: newest }: History): boolean {
  if (!newest || checks.some(({ id }) => id === newest.id)) return false;
  if (checks.length < wholeBelow) return true;
  const oldest = checks.findLast(({ processedAt }) => processedAt !== null)?.processedAt;
  return oldest != null && newest.endedAt.getTime() > oldest.getTime() + skewMs;
}
