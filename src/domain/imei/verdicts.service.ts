// What can be said of a number without asking, or paying, anyone: open to everybody.
import type { Work } from '../work.js';
import { tacOf } from './imei-number.js';
import { bestFirst, imeiCandidates } from './imei-suggestions.js';
import { knownTac, type TacModel } from './known-tacs.js';
import { type OfflineVerdict, offlineVerdict } from './offline-verdict.js';

export interface ImeiVerdict extends OfflineVerdict {
  readonly suggestions: string[];
}

export class ImeiVerdictService {
  constructor(private readonly work: Work) {}

  async verdict(input: string): Promise<ImeiVerdict> {
    const verdict = offlineVerdict(input);
    if (verdict.tac === null) return { ...verdict, suggestions: await this.#suggestions(input) };
    return { ...verdict, ...(await this.#modelsOf([verdict.tac])).get(verdict.tac), suggestions: [] };
  }

  /** Whose model a valid number is of; null where that is not known. */
  async brandOf(imei: string): Promise<string | null> {
    return (await this.brandsOf([imei]))(imei);
  }

  /** Of many at once. */
  async brandsOf(imeis: readonly string[]): Promise<(imei: string) => string | null> {
    const models = await this.#modelsOf([...new Set(imeis.map(tacOf))]);
    return (imei) => models.get(tacOf(imei))?.brand ?? null;
  }

  /** By TAC: as the operator's file has them, or else as they are built in. Those of no known model are left out. */
  async #modelsOf(tacs: readonly string[]): Promise<Map<string, TacModel>> {
    const models = new Map<string, TacModel>();
    for (const tac of tacs) {
      const known = knownTac(Number(tac));
      if (known) models.set(tac, known);
    }
    const rows = await this.work.rows<TacModel & { tac: string }>(
      'select tac, brand, model from tac where tac = any ($1)',
      [tacs],
    );
    for (const { tac, ...model } of rows) models.set(tac, model);
    return models;
  }

  async #suggestions(input: string): Promise<string[]> {
    const candidates = imeiCandidates(input);
    if (candidates.length === 0) return [];
    const models = await this.#modelsOf([...new Set(candidates.map(tacOf))]);
    return bestFirst(candidates, (imei) => models.has(tacOf(imei)));
  }
}
