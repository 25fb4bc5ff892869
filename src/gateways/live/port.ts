// How the hubs of all processes wake each other up. A wake-up is a hint: it may be lost, doubled or late, because every
// hub also looks for itself; so a link never rejects, never throws and never queues while its connection is away.

export interface LiveTransport {
  connect(ear: LiveEar): LiveLink;
}

export interface LiveEar {
  /** What a hub said; it may be the very one that listens. */
  readonly heard: (wake: string) => void;
  /** The connection is there, for the first time or again: what was said before it is unknown. */
  readonly connected: () => void;
}

export interface LiveLink {
  /** At most 7,000 bytes, since NOTIFY takes 8,000. */
  say(wake: string): void;
  close(): Promise<void>;
}

/** 100 ms, 200 ms … 2 s, each ± 20 %, so that many processes don't come back in step. */
export const reconnectDelay = (failures: number): number =>
  Math.min(100 * 2 ** Math.min(failures, 5), 2_000) * (0.8 + 0.4 * Math.random());
