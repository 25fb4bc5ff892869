// CSV as a spreadsheet may open it without harm: every cell quoted, and none that could be taken for a formula.

type Cell = string | number | null;

/** By which Excel knows UTF-8: in front of the first line. */
export const byteOrderMark = '\uFEFF';

/** One line with its end. Lines of one document are all made here. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(quoted).join(',')}\r\n`;

/** What Excel, LibreOffice and Google take for the beginning of a formula, in full width too (ASVS 1.2.10). */
const formula = /^[=+\-@\t\r\n\0＝＋－＠]/;

/** A phone number with its country code computes nothing, and is copied from here. */
const phone = /^\+\d+$/;

/** With a sign in front that makes it text, where it could be taken for a formula. */
export const withoutFormula = (text: string): string => (formula.test(text) && !phone.test(text) ? `'${text}` : text);

function quoted(cell: Cell): string {
  const safe = typeof cell === 'string' ? withoutFormula(cell) : String(cell ?? '');
  return `"${safe.replaceAll('"', '""')}"`;
}
