// A line of a table as it stands in the file, whatever the format.

export interface SheetLine {
  /** As a spreadsheet shows it: the first one is 1, empty ones count. */
  readonly number: number;
  readonly cells: readonly string[];
}

export const isBlank = ({ cells }: SheetLine): boolean => cells.every((cell) => cell.trim() === '');
