// Wake-ups between hubs of one process. Processes that share a database over it find each other's events by looking.
import type { LiveEar, LiveLink, LiveTransport } from './port.js';

export function inProcessTransport(): LiveTransport {
  const ears = new Set<LiveEar>();
  return {
    connect(ear: LiveEar): LiveLink {
      ears.add(ear);
      setImmediate(() => ears.has(ear) && ear.connected());
      return {
        say: (wake) =>
          void setImmediate(() => {
            for (const { heard } of ears) heard(wake);
          }),
        close: async () => void ears.delete(ear),
      };
    },
  };
}
