// The one switch between the transports of wake-ups.
import type { Logger } from '../../shared/logger.js';
import { inProcessTransport } from './in-process.js';
import { pgNotifyTransport } from './pg-notify.js';
import type { LiveTransport } from './port.js';
import { redisTransport } from './redis.js';

export type LiveTransportChoice =
  | { readonly kind: 'in-process' }
  | { readonly kind: 'pg-notify'; readonly url: string }
  | { readonly kind: 'redis'; readonly url: string };

export function openLiveTransport(choice: LiveTransportChoice, log: Logger): LiveTransport {
  switch (choice.kind) {
    case 'in-process':
      return inProcessTransport();
    case 'pg-notify':
      return pgNotifyTransport(choice.url, log);
    case 'redis':
      return redisTransport(choice.url, log);
  }
}
