// Takes in the operator's file of TACs, batch by batch: the last row of a TAC counts, and the same file again changes nothing.

import type { SheetLine } from '../imports/sheet-line.js';
import { Unreadable } from '../imports/unreadable.js';
import type { Work } from '../work.js';
import { type TacRow, tacRows } from './tac-rows.js';

export interface TacImport {
  readonly rows: number;
  /** Models that are new or another than before. */
  readonly changed: number;
  readonly refused: number;
}

/** Told while it goes on. */
export interface TacImportListener {
  progress(rows: number): void;
  refused(problem: string): void;
}

const batchSize = 1_000;

export class TacImportService {
  constructor(private readonly work: Work) {}

  async import(lines: AsyncIterable<SheetLine>, listener: TacImportListener): Promise<TacImport> {
    const batch = new Map<string, TacRow>();
    let [rows, changed, refused] = [0, 0, 0];
    for await (const row of tacRows(lines)) {
      rows++;
      if ('problem' in row) {
        refused++;
        listener.refused(row.problem);
        continue;
      }
      batch.set(row.tac, row);
      if (batch.size < batchSize) continue;
      changed += await this.#store(batch);
      listener.progress(rows);
    }
    changed += await this.#store(batch);
    if (rows === refused) throw new Unreadable('There is no row with a TAC and a brand or model.');
    await this.work.write(async (tx) => tx.audit('importTacs', null, { rows, changed, refused }));
    return { rows, changed, refused };
  }

  async #store(batch: Map<string, TacRow>): Promise<number> {
    const stored = await this.work.write((tx) => tx.rows(upsert, [JSON.stringify([...batch.values()])]));
    batch.clear();
    return stored.length;
  }
}

const upsert = `
  insert into tac (tac, brand, model)
    select tac, brand, model from jsonb_to_recordset($1) as t (tac text, brand text, model text) order by tac
    on conflict (tac) do update set brand = excluded.brand, model = excluded.model
      where (tac.brand, tac.model) is distinct from (excluded.brand, excluded.model)
    returning 1`;
