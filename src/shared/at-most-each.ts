// Bundles what is asked for again and again.

/** Acts once for all that was asked for within that time, at its end. */
export function atMostEach(ms: number, act: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      act();
    }, ms);
  };
}
