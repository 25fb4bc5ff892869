// The scheduler's promises where jobs are kept in PostgreSQL: scheduler-contract.ts. Talks to a PostgreSQL of its own.
import { postgresServer } from '../support/job-stores.js';
import { schedulerContract } from './scheduler-contract.js';

describe('the scheduler on PostgreSQL', () => schedulerContract(postgresServer));
