// The known word that was probably meant by one that is not known: for the names in inputs. No I/O.

/** A longer word is not compared: the comparison costs the product of both lengths. */
const longest = 40;

/** Undefined where none is near. Case, underscores and hyphens do not count: start_at is startAt. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (word.length > longest) return undefined;
  const meant = plain(word);
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = distanceOf(meant, plain(name));
    const isNear = distance <= Math.max(1, Math.floor(name.length / 3)) && distance < name.length;
    if (isNear && (!nearest || distance < nearest.distance)) nearest = { name, distance };
  }
  return nearest?.name;
}

const plain = (word: string): string => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Optimal string alignment: letters added, left out or replaced, and neighbours swapped, count one each. */
function distanceOf(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        ...[(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1)],
        isSwap ? (older[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [older, last] = [last, row];
  }
  return last[b.length] ?? a.length;
}
