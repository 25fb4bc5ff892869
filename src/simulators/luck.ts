// Chance, and the same chance again. No I/O.

/** A number from 0 to 1, the same ones in the same order for the same seed. */
export type Luck = () => number;

/** mulberry32. */
export function luckOf(seed: number | undefined): Luck {
  if (seed === undefined) return Math.random;
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Luck that a text has, always the same: FNV-1a. */
export function luckIn(text: string): Luck {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return luckOf(hash);
}

export const pick = <T>(from: readonly [T, ...T[]], luck: Luck): T => from[Math.floor(luck() * from.length)] ?? from[0];
