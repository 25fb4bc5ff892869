// IANA time zones: names only, never offsets, in their canonical spelling.

/** Europe/Moscow for europe/moscow; undefined for Mars/Base, UTC+3 or an empty text. Old names that are links stay what they mean. */
export function canonicalTimeZone(name: string): string | undefined {
  if (name.length > longestName) return undefined;
  if (known.has(name)) return known.get(name);
  const canonical = lookUp(name);
  // Whoever sends nonsense must not fill the memory with it.
  if (known.size >= mostKnown) known.clear();
  known.set(name, canonical);
  return canonical;
}

const longestName = 64;

/** Asking Intl takes 50 µs, which for a file of a million rows is a minute. */
const known = new Map<string, string | undefined>();
const mostKnown = 2_000;

function lookUp(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name) || /^(UTC|GMT)[+-]/i.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // RangeError: the name of no zone.
    return undefined;
  }
}
