// What others say in words, as one line that can be shown and kept anywhere; null where they say nothing. No I/O.

const longest = 200;
const nothing = /^(?:-+|n\/?a|null|none|undefined|unknown)$/i;

/** Without control characters, marks of direction and halves of letters, which no database would take. */
export function oneLine(value: unknown): string | null {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string') return null;
  const line = text
    .slice(0, longest)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .trim();
  return line === '' || nothing.test(line) ? null : line;
}
