// Brings the leads to a new key: first every lead gets its second set of indexes and its key sealed anew, then the sets change
// places, then the old one is emptied. In chunks, each one transaction with its place, so that whoever comes after a death
// goes on from there. Both sets are unique all the while, and whoever stores a lead fills what counts by then.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction, Work } from '../work.js';
import { clashesOf } from './lead-changes.js';
import type { LeadCipher, SealedContact } from './lead-cipher.js';
import { changeLeadKeys, countLeftBehind, rotationSubject } from './lead-keys.rows.js';
import { type IndexSet, indexColumns, type LeadKeyState, readKeyState } from './lead-store.js';

/** Who stores one of the same leads waits for as long as a chunk takes. */
const filledAtOnce = 250;
const clearedAtOnce = 1_000;
/** Who has read which set counts may still be asking it. */
const oldSetStaysMs = 2_000;

export class LeadRotation {
  #chunk = filledAtOnce;

  constructor(
    private readonly work: Work,
    private readonly cipher: LeadCipher,
  ) {}

  /** Gives how many leads had to be left behind, once it has ended; undefined where there is nothing to end. */
  async bringOn(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      const state = await readKeyState(this.work);
      if (state.phase === 'STABLE') return undefined;
      if (state.phase === 'CLEARING') {
        if (!(await this.#clearChunk())) return countLeftBehind(this.work, state);
      } else if (!(await this.#fillSome())) {
        await this.#switch(state);
        await sleep(oldSetStaysMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async finish(): Promise<void> {
    const { version, phase } = await readKeyState(this.work);
    if (phase !== 'CLEARING') return;
    const set = `phase = 'STABLE', finished_at = now()`;
    await this.work.write((tx) => changeLeadKeys(tx, { version, kind: 'FINISHED', set }));
  }

  async #switch({ version }: LeadKeyState): Promise<void> {
    const set = `active = case active when 'a' then 'b' else 'a' end, kid = next_kid, next_kid = null, phase = 'CLEARING',
      cursor = 0, total = done`;
    await this.work.write((tx) => changeLeadKeys(tx, { version, kind: 'SWITCHED', set }));
  }

  /**
   * Two that could not be read when they were stored, and can be now, may turn out to be alike: in one statement neither sees
   * the other, so that they get one of their own.
   */
  async #fillSome(): Promise<boolean> {
    try {
      const more = await this.#fillChunk();
      this.#chunk = Math.min(filledAtOnce, this.#chunk * 2);
      return more;
    } catch (error) {
      if (clashesOf(error).length === 0) throw error;
      this.#chunk = Math.ceil(this.#chunk / 2);
      return true;
    }
  }

  /** Gives whether there may be more. */
  #fillChunk(): Promise<boolean> {
    return this.work.write(async (tx) => {
      const place = await hold(tx, 'FILLING');
      if (!place?.nextKid) return true;
      const leads = await tx.rows<StoredSeal>(
        `select id, sealed_key as "sealedKey", email, phone from lead where id > $1 order by id limit $2 for no key update`,
        [place.cursor, this.#chunk],
      );
      const last = leads.at(-1);
      if (!last) return false;
      const [kid, nextKid] = [place.kid, place.nextKid];
      const renewed = leads.map((lead) => this.#renew(lead, kid, nextKid));
      await tx.rows(fillSql(place.active), columnsOf(renewed));
      await tx.rows(
        'update lead_keys set cursor = $1, done = done + $2::int, total = greatest(total, done + $2::int)',
        [last.id, leads.length],
      );
      tx.publish({ topic: 'leadKeys', subject: rotationSubject, kind: 'FILLED' });
      return true;
    });
  }

  #clearChunk(): Promise<boolean> {
    return this.work.write(async (tx) => {
      const place = await hold(tx, 'CLEARING');
      if (!place) return true;
      const [chunk] = await tx.rows<{ last: string | null }>(clearSql(otherSet(place.active)), [
        place.cursor,
        clearedAtOnce,
      ]);
      if (!chunk?.last) return false;
      await tx.rows('update lead_keys set cursor = $1', [chunk.last]);
      return true;
    });
  }

  /** Each by itself: what can't be read stays as it is, and is found by nothing. */
  #renew(lead: StoredSeal, kid: string, nextKid: string): RenewedLead {
    const { email, phone } = this.cipher.open(lead.id, lead);
    const next = this.cipher.indexes(nextKid, { email: email ?? '', phone: phone ?? '' });
    const ofEmail =
      email === undefined ? [null, null, null] : [this.cipher.emailIndex(kid, email), next.email, next.domain];
    const ofPhone =
      phone === undefined ? [null, null, null] : [this.cipher.phoneIndex(kid, phone), next.phone, next.lastFour];
    return [lead.id, this.cipher.renew(lead.id, lead.sealedKey) ?? null, ...ofEmail, ...ofPhone];
  }
}

interface StoredSeal extends SealedContact {
  readonly id: string;
}

/** Its id, its key, and for e-mail and phone each: the index as it counts now, the next one, the next one of a part. */
type RenewedLead = readonly (string | Buffer | null)[];

interface Place extends Pick<LeadKeyState, 'active' | 'kid' | 'nextKid'> {
  readonly cursor: string;
}

/** Whoever brings on the same phase waits; undefined where it has ended. */
async function hold(tx: Transaction, phase: LeadKeyState['phase']): Promise<Place | undefined> {
  const [place] = await tx.rows<Place>(
    `select active, kid, next_kid as "nextKid", cursor from lead_keys where phase = $1 for no key update`,
    [phase],
  );
  return place;
}

const otherSet = (set: IndexSet): IndexSet => (set === 'a' ? 'b' : 'a');

const columnsOf = (leads: readonly RenewedLead[]): unknown[] =>
  Array.from({ length: 8 }, (_, column) => leads.map((lead) => lead[column]));

/** Of two that are alike the one that has the index keeps it: in the set that counts, or else in the next one. */
function fillSql(active: IndexSet): string {
  const [emailNow, phoneNow] = indexColumns(active);
  const [email, phone, domain, lastFour] = indexColumns(otherSet(active));
  const taken = (column: string | undefined, value: string): string =>
    `exists (select from lead o where o.${column} = ${value} and o.id <> l.id)`;
  return `
    update lead l set sealed_key = coalesce(n.key, l.sealed_key), ${domain} = n.domain, ${lastFour} = n.last_four,
      ${email} = case when not ${taken(emailNow, 'n.email_now')} and not ${taken(email, 'n.email')} then n.email end,
      ${phone} = case when not ${taken(phoneNow, 'n.phone_now')} and not ${taken(phone, 'n.phone')} then n.phone end
    from unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[])
      as n (id, key, email_now, email, domain, phone_now, phone, last_four)
    where l.id = n.id`;
}

function clearSql(set: IndexSet): string {
  const columns = indexColumns(set);
  return `
    with chunk as (select id from lead where id > $1 order by id limit $2 for no key update), cleared as (
      update lead l set ${columns.map((column) => `${column} = null`).join(', ')}
      from chunk where l.id = chunk.id and num_nonnulls(${columns.map((column) => `l.${column}`).join(', ')}) > 0)
    select max(id) as last from chunk`;
}
