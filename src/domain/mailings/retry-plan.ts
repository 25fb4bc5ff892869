// When a message whose attempt failed is tried again: full jitter that grows with the attempts, after what the gateway asked
// for. No count ends it; the end of the mailing does. Pure.

const firstMs = 1_000;
const longestMs = 300_000;
/** Never so soon that a message goes in circles. */
const shortestMs = 50;
const longestAskedMs = 15 * 60_000;

/** `attempts`: those that began, the failed one too. */
export function retryDelay(attempts: number, retryAfterMs = 0, random: () => number = Math.random): number {
  const asked = Math.min(Math.max(0, retryAfterMs), longestAskedMs);
  const jitter = random() * Math.min(longestMs, firstMs * 2 ** Math.max(0, attempts - 1));
  return Math.max(shortestMs, Math.round(asked + jitter));
}
