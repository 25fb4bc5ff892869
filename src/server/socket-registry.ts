// The open sockets of this process, counted by address and by person, and the rounds that are made over them: peers that
// are gone or take nothing, addresses that were blocked, and tokens that were revoked or mean something else now.
import { isDeepStrictEqual } from 'node:util';
import { isSignedIn, type SignedInIdentity, type Viewer } from '../auth/viewer.js';
import { limitKey } from '../shared/ip-address.js';
import type { Logger } from '../shared/logger.js';
import { closeCodes, type SocketTimes } from './ws-limits.js';
import type { SocketSession } from './ws-session.js';

export interface RegistryOptions {
  readonly perAddress: number;
  readonly perUser: number;
  readonly times: SocketTimes;
  readonly log: Logger;
  /** What these tokens mean now; those that mean nothing any more are missing. */
  recheck(tokenIds: string[]): Promise<ReadonlyMap<string, SignedInIdentity>>;
  turnsAway(address: string): boolean;
}

export class SocketRegistry {
  readonly sessions = new Set<SocketSession>();
  readonly #byAddress = new Counts();
  readonly #byPerson = new Counts();
  readonly #people = new Map<SocketSession, string>();
  readonly #timers: NodeJS.Timeout[];
  #rechecking: Promise<void> | undefined;
  #databaseAway = false;
  #dropped = 0;

  constructor(private readonly options: RegistryOptions) {
    const { round } = options.times;
    this.#timers = [setInterval(() => this.#look(), round), setInterval(() => this.#round(), round)];
    for (const timer of this.#timers) timer.unref();
  }

  /** Sockets that were dropped because their peer was gone or took nothing. */
  get dropped(): number {
    return this.#dropped;
  }

  hasRoomFor(address: string): boolean {
    return this.#byAddress.of(limitKey(address)) < this.options.perAddress;
  }

  add(session: SocketSession): void {
    this.sessions.add(session);
    this.#byAddress.add(limitKey(session.viewer.origin.address), 1);
  }

  /** False: this person has as many sockets as one may have. */
  recognise(session: SocketSession, viewer: Viewer): boolean {
    if (isSignedIn(viewer)) {
      const { personId } = viewer.identity;
      if (this.#byPerson.of(personId) >= this.options.perUser) return false;
      this.#byPerson.add(personId, 1);
      this.#people.set(session, personId);
    }
    session.become(viewer);
    return true;
  }

  remove(session: SocketSession): void {
    if (!this.sessions.delete(session)) return;
    this.#byAddress.add(limitKey(session.viewer.origin.address), -1);
    const person = this.#people.get(session);
    if (person !== undefined) this.#byPerson.add(person, -1);
    this.#people.delete(session);
  }

  /** One look-up for all tokens. A database that is away closes nobody: the sockets are asked about when it is back. */
  async recheck(): Promise<void> {
    // One that began before whatever was changed may have read what was there before.
    await this.#rechecking;
    this.#rechecking ??= this.#recheck().finally(() => {
      this.#rechecking = undefined;
    });
    await this.#rechecking;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A look-up that takes longer than a round is not joined by others. */
  #round(): void {
    if (!this.#rechecking) void this.recheck();
  }

  async #recheck(): Promise<void> {
    const byToken = this.#byToken();
    if (byToken.size === 0) return;
    try {
      const identities = await this.options.recheck([...byToken.keys()]);
      this.#databaseAway = false;
      for (const [tokenId, sessions] of byToken) {
        for (const session of sessions) applyIdentity(session, identities.get(tokenId));
      }
    } catch (error) {
      if (!this.#databaseAway)
        this.options.log.warn({ err: error }, 'could not look the tokens of sockets up; trying on');
      this.#databaseAway = true;
    }
  }

  #byToken(): Map<string, SocketSession[]> {
    const byToken = new Map<string, SocketSession[]>();
    for (const session of this.sessions) {
      if (session.ended || !isSignedIn(session.viewer)) continue;
      const { tokenId } = session.viewer.identity;
      const known = byToken.get(tokenId);
      if (known) known.push(session);
      else byToken.set(tokenId, [session]);
    }
    return byToken;
  }

  #look(): void {
    const now = performance.now();
    for (const session of this.sessions) {
      if (!session.look(now)) this.#dropped += 1;
      else if (!session.ended && this.options.turnsAway(session.viewer.origin.address))
        session.end(closeCodes.forbidden, 'Address blocked');
    }
  }
}

class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: number): void {
    const count = this.of(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

function applyIdentity(session: SocketSession, identity: SignedInIdentity | undefined): void {
  if (session.ended) return;
  if (!identity) session.end(closeCodes.forbidden, 'Signed out');
  else if (!isDeepStrictEqual(session.viewer.identity, identity)) session.become({ ...session.viewer, identity });
}
