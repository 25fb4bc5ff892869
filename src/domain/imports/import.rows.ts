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
  hasProblems: boolean;
  createdAt: Date;
  finishedAt: Date | null;
  error: string | null;
}

export interface ImportProblemRow {
  row: number;
  field: string | null;
  message: string;
}

/** With what stood there, which is for the file of problems alone. */
export interface ToldProblemRow extends ImportProblemRow {
  value: string | null;
}

/** From `import i`. */
export const importColumns = `i.id, i.kind, i.file_name as "fileName", i.total, i.processed, i.created, i.updated, i.rejected,
  exists (select from import_problem p where p.import_id = i.id) as "hasProblems", i.created_at as "createdAt", i.finished_at as "finishedAt", i.error`;

/** From `import_problem p`. */
export const problemColumns = `p.row_number as "row", nullif(p.field, '') as field, p.message`;
