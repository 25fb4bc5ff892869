// What can be imported: who may, which columns count, what a row must be, and who takes a batch of rows in. A new kind of
// file is one more entry here.
import type { z } from 'zod';
import { may, type PolicyName } from '../../auth/policies.js';
import type { Viewer } from '../../auth/viewer.js';
import type { ImportKind } from '../../entities/mailing.enums.js';
import { clientImportRow } from '../clients/client.inputs.js';
import type { BatchCounts } from '../clients/client-batch.js';
import type { ClientService } from '../clients/clients.service.js';
import { suppressionImportRow } from '../clients/suppression.inputs.js';
import type { SuppressionService } from '../clients/suppressions.service.js';
import type { Transaction } from '../work.js';
import type { ImportField } from './columns.js';

export interface ImportServices {
  readonly clients: Pick<ClientService, 'upsertMany'>;
  readonly suppressions: Pick<SuppressionService, 'addMany'>;
}

export interface KindOfImport<Row = unknown> {
  readonly policy: PolicyName;
  /** What the audit log calls it. */
  readonly action: string;
  /** The first is the one that no file may lack. */
  readonly fields: readonly ImportField[];
  readonly row: z.ZodType<Row>;
  /** Counts add up to the rows; of rows about the same thing the last one wins. */
  takeIn(services: ImportServices, tx: Transaction, rows: readonly Row[]): Promise<BatchCounts>;
}

const kind = <Row>(definition: KindOfImport<Row>): KindOfImport => definition;

const kinds: { readonly [K in ImportKind]?: KindOfImport } = {
  CLIENTS: kind({
    policy: 'mailingsWrite',
    action: 'importClients',
    fields: ['phone', 'operatorCode', 'tag', 'timezone', 'name'],
    row: clientImportRow,
    takeIn: ({ clients }, tx, rows) => clients.upsertMany(tx, rows),
  }),
  SUPPRESSIONS: kind({
    policy: 'mailingsWrite',
    action: 'importSuppressions',
    fields: ['phone', 'channel', 'note'],
    row: suppressionImportRow,
    takeIn: ({ suppressions }, tx, rows) => suppressions.addMany(tx, rows),
  }),
};

export function kindOf(name: ImportKind): KindOfImport {
  const found = kinds[name];
  if (!found) throw new Error(`nobody imports ${name}`);
  return found;
}

/** The kinds of which this viewer may bring files, and see them. */
export const kindsFor = (viewer: Viewer): ImportKind[] =>
  (Object.entries(kinds) as [ImportKind, KindOfImport][]).flatMap(([name, { policy }]) =>
    may(viewer, policy) ? [name] : [],
  );
