// What stands before the open doors: limits by address and by person, and blocked addresses. Who goes on asking after having
// been refused by a limit of addresses is blocked.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Keys } from '../auth/keys.js';
import type { Config } from '../config.js';
import { AddressBlocks } from '../domain/leads/address-blocks.js';
import { AutomaticBlocks } from '../domain/leads/automatic-blocks.js';
import { LeadLimits } from '../domain/leads/lead-limits.js';
import type { Rows } from '../domain/live/event-log.js';
import type { Logger } from '../shared/logger.js';
import { RequestLimits } from './limits.js';
import type { Metrics } from './metrics.js';

export interface Protection {
  readonly addressBlocks: AddressBlocks;
  readonly leadLimits: LeadLimits;
  readonly limits: RequestLimits;
}

export interface ProtectionOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly db: Rows;
  readonly pool: Pool;
  readonly keys: Keys;
  readonly metrics: Metrics;
  readonly redis: Redis | undefined;
}

export function openProtection({ config, log, db, pool, keys, metrics, redis }: ProtectionOptions): Protection {
  const addressBlocks = new AddressBlocks({ db, log, onHit: () => metrics.limitRejected('blocked') });
  const trustedProxies = config.TRUSTED_PROXIES ?? [];
  const automatic = new AutomaticBlocks({ db, log, redis, blocks: addressBlocks, trustedProxies });
  const onReject = (limit: string, address?: string): void => {
    metrics.limitRejected(limit);
    if (address !== undefined) void automatic.refused(address);
  };
  return {
    addressBlocks,
    leadLimits: new LeadLimits({
      perMinute: config.LEADS_PER_MINUTE,
      key: keys.current('limits'),
      pool,
      redis,
      onReject: (address) => onReject('leads', address),
    }),
    limits: new RequestLimits({
      addressPerMinute: config.REQUESTS_PER_MINUTE,
      viewerPerMinute: config.USER_REQUESTS_PER_MINUTE,
      redis,
      onReject,
    }),
  };
}
