// Imports as they are read.
import type { ImportKind } from '../../entities/mailing.enums.js';

export interface ImportRow {
  id: string;
  kind: ImportKind;
  fileName: string;
  total: number | null;
  processed: number;
  created: number;
  updated: number;
  rejected: number;
  createdAt: Date;
  finishedAt: Date | null;
  error: string | null;
}

export interface ImportProblemRow {
  row: number;
  field: string | null;
  message: string;
}

/** From `import i`. */
export const importColumns = `i.id, i.kind, i.file_name as "fileName", i.total, i.processed, i.created, i.updated, i.rejected,
  i.created_at as "createdAt", i.finished_at as "finishedAt", i.error`;

/** From `import_problem p`. */
export const problemColumns = `p.row_number as "row", nullif(p.field, '') as field, p.message`;
