// Jobs in MongoDB: Agenda's own backend on our client. Loaded only where MONGO_URL is set.
import { MongoBackend } from '@agendajs/mongo-backend';
import { type Document, MongoClient } from 'mongodb';
import type { Logger } from '../shared/logger.js';
import type { JobStore, JobSummary } from './job-store.js';

const collectionName = 'agendaJobs';

export function mongoStore(url: string, log: Logger): JobStore {
  const client = new MongoClient(url, {
    appName: 'switchboard',
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 30_000,
  });
  client.on('error', (error) => log.warn({ err: error }, 'MongoDB client'));
  const backend = new MongoBackend({ mongo: client.db(), collection: collectionName });
  const jobs = () => client.db().collection(collectionName);
  return {
    name: 'MongoDB',
    repository: backend.repository,
    connect: async () => {
      await client.connect();
      await backend.connect();
    },
    summaries: async () => (await jobs().aggregate(summaries).toArray()).map(toSummary),
    forget: async (finishedBefore) => {
      const finished = { type: 'normal', nextRunAt: null, lockedAt: null, lastFinishedAt: { $lt: finishedBefore } };
      const ids = await jobs()
        .find(finished, { projection: { _id: 1 }, limit: 1_000 })
        .toArray();
      return (await jobs().deleteMany({ _id: { $in: ids.map(({ _id }) => _id) } })).deletedCount;
    },
    close: () => client.close(),
  };
}

const isTick = { $eq: ['$type', 'single'] };
const willRun = { $ne: [{ $ifNull: ['$nextRunAt', { $ifNull: ['$lockedAt', null] }] }, null] };

const summaries: Document[] = [
  { $sort: { failedAt: 1 } },
  {
    $group: {
      _id: '$name',
      tick: { $max: { $cond: [{ $and: [isTick, willRun] }, '$repeatInterval', null] } },
      lastRunAt: { $max: '$lastRunAt' },
      lastFinishedAt: { $max: '$lastFinishedAt' },
      nextRunAt: { $min: '$nextRunAt' },
      failCount: { $sum: '$failCount' },
      lastError: { $last: '$failReason' },
    },
  },
];

function toSummary(row: Document): JobSummary {
  return {
    name: String(row._id),
    tick: row.tick ?? null,
    lastRunAt: row.lastRunAt ?? null,
    lastFinishedAt: row.lastFinishedAt ?? null,
    nextRunAt: row.nextRunAt ?? null,
    failCount: Number(row.failCount),
    lastError: row.lastError ?? null,
  };
}
