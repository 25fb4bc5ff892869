// The keys that leads are sealed and indexed with: brought to the first one of the configuration, in the background and without a
// pause in taking leads in. Says how far that is.
import type { Keys } from '../../auth/keys.js';
import { conflict } from '../../shared/errors.js';
import type { AlarmService } from '../system/alarms.service.js';
import type { Work } from '../work.js';
import { changeLeadKeys, countLeftBehind, type KeyRotationRow, readKeyRotation } from './lead-keys.rows.js';
import { LeadRotation } from './lead-rotation.js';
import { type LeadStore, readKeyState } from './lead-store.js';

export interface LeadKeyPorts {
  readonly keys: Keys;
  readonly leadStore: LeadStore;
}

export class LeadKeyService {
  constructor(
    private readonly work: Work,
    private readonly ports: LeadKeyPorts,
    private readonly alarms: Pick<AlarmService, 'raise'>,
  ) {}

  /** The one under way, or the last one. */
  rotation(): Promise<KeyRotationRow | undefined> {
    return readKeyRotation(this.work);
  }

  /** Starts one, or gives the one that is under way to the same key. */
  async rotate(): Promise<KeyRotationRow> {
    const target = this.ports.keys.currentKid;
    const state = await readKeyState(this.work);
    if (state.phase !== 'STABLE') return this.#underWay(target);
    if (state.kid === target && (await countLeftBehind(this.work, state)) === 0)
      throw conflict(
        `All leads are under the key «${target}» already: put a new key first in ENCRYPTION_KEYS and start again.`,
        'KEY_UNCHANGED',
      );
    const started = await this.#start(state.version, target);
    return started ?? this.rotate();
  }

  /** Goes on from where it stood, to its end, or until it is told to stop. */
  async bringOn(signal: AbortSignal): Promise<void> {
    const rotation = new LeadRotation(this.work, this.ports.leadStore.cipher);
    const left = await rotation.bringOn(signal);
    if (left === undefined) return;
    if (left > 0) await this.#raise(left);
    await rotation.finish();
  }

  async #underWay(target: string): Promise<KeyRotationRow> {
    const rotation = await this.rotation();
    // It has just ended.
    if (!rotation || rotation.finishedAt !== null) return this.rotate();
    if (rotation.keyId === target) return rotation;
    throw conflict(
      `Leads are being brought to the key «${rotation.keyId}»: wait for the end of that.`,
      'ROTATION_UNDER_WAY',
    );
  }

  /** Undefined where somebody else was faster. */
  async #start(version: number, target: string): Promise<KeyRotationRow | undefined> {
    const [leads] = await this.work.rows<{ total: number }>('select count(*)::int as total from lead');
    return this.work.write(async (tx) => {
      const started = await changeLeadKeys(tx, {
        version,
        kind: 'STARTED',
        set: `phase = 'FILLING', next_kid = $2, total = $3, done = 0, cursor = 0, finished_at = null`,
        params: [target, leads?.total ?? 0],
      });
      if (!started) return undefined;
      tx.audit('rotateLeadKeys', `key:${target}`);
      tx.nudge('continueLeadRotation', {});
      return readKeyRotation(tx);
    });
  }

  async #raise(left: number): Promise<void> {
    const { kid } = await readKeyState(this.work);
    const leads = left === 1 ? '1 lead was' : `${left} leads were`;
    const message = `${leads} not brought to the key «${kid}» as a whole: something of them can’t be read, or another lead has it too. Keep the older keys; docs/OPERATIONS.md says what to do.`;
    await this.alarms.raise({ kind: 'LEADS_UNREADABLE', key: kid, message });
  }
}
