// What IMEI checks need in a process beside their services: the desk where the provider is asked, what it tells of itself, and the
// record of answers that the old route gave.
import { randomUUID } from 'node:crypto';
import { systemViewer, type Viewer } from '../auth/viewer.js';
import type { Config } from '../config.js';
import type { ProviderTrouble } from '../domain/imei/imei-batch-hold.js';
import { imeiBatchTopic } from '../domain/imei/imei-batches.topic.js';
import { ImeiDesk } from '../domain/imei/imei-desk.js';
import { ImeiFacts } from '../domain/imei/imei-facts.js';
import { ImeiRecord } from '../domain/imei/imei-record.js';
import { KnownAnswers } from '../domain/imei/known-answers.js';
import type { ProviderBreaker } from '../domain/imei/provider-breaker.js';
import type { Rows } from '../domain/live/event-log.js';
import type { TopicDefinition } from '../domain/live/topics.js';
import type { Ports, Services } from '../domain/services.js';
import type { ImeiProvider } from '../gateways/imei/port.js';
import type { Logger } from '../shared/logger.js';

interface Needs {
  readonly config: Config;
  readonly log: Logger;
  readonly unit: <T>(viewer: Viewer, work: (services: Services) => Promise<T>) => Promise<T>;
  readonly provider: ImeiProvider | undefined;
  readonly breaker: ProviderBreaker;
  readonly db: Rows;
  readonly wakeHubs: () => void;
  readonly onBatchChanged: (id: string) => void;
}

export type ImeiPorts = Pick<
  Ports,
  'imeiDesk' | 'imeiFacts' | 'imeiTrouble' | 'imeiRecord' | 'knownAnswers' | 'imeiServices' | 'imeiChecksPerDay'
>;

export function openImeiParts(needs: Needs): ImeiPorts {
  const { config, log, provider, breaker, db, wakeHubs } = needs;
  return {
    imeiDesk: provider && openDesk(needs, provider),
    imeiFacts: provider && new ImeiFacts(provider, () => breaker.state(performance.now())),
    imeiTrouble: () => troubleWith(breaker),
    knownAnswers: new KnownAnswers(db),
    imeiRecord: new ImeiRecord(db, log, wakeHubs),
    imeiServices: config.IMEICHECK_SERVICES,
    imeiChecksPerDay: config.IMEI_CHECKS_PER_DAY,
  };
}

export const imeiBatchesLive = (config: Config, breaker: ProviderBreaker): TopicDefinition<'imeiBatch'> =>
  imeiBatchTopic({ defaultTimezone: config.DEFAULT_TIMEZONE, imeiTrouble: () => troubleWith(breaker) });

/** Of this process; others find out for themselves. */
function troubleWith(breaker: ProviderBreaker): ProviderTrouble | undefined {
  const now = performance.now();
  const opening = breaker.opening(now);
  if (!opening) return undefined;
  const { refuses, waitMs } = opening;
  return { refuses, until: waitMs > 0 ? new Date(performance.timeOrigin + now + waitMs) : null };
}

function openDesk({ config, log, db, unit, breaker, onBatchChanged }: Needs, provider: ImeiProvider): ImeiDesk {
  const system = <T>(work: (services: Services) => Promise<T>): Promise<T> => unit(systemViewer(randomUUID()), work);
  return new ImeiDesk({
    provider,
    breaker,
    db,
    log,
    unit: (body) => system(({ work }) => body(work)),
    concurrency: config.IMEI_CONCURRENCY,
    timeoutMs: config.IMEI_TIMEOUT,
    feedBatches: (atOnce) => system(({ imeiBatches }) => imeiBatches.feed(atOnce)),
    onBatchChanged,
    brandOf: (imei) => system(({ imeiVerdicts }) => imeiVerdicts.brandOf(imei)),
    onDenied: (reason) => {
      const message = `The IMEI provider refuses us (${reason}): see to its token, the addresses that it allows, and the account.`;
      system(({ alarms }) => alarms.raise({ kind: 'IMEI_PROVIDER_REFUSES', key: provider.name, message })).catch(
        (error: unknown) => log.warn({ err: error }, 'could not raise an alarm'),
      );
    },
  });
}
