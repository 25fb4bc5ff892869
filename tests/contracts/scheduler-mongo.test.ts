// The scheduler's promises where jobs are kept behind MongoDB's protocol: scheduler-contract.ts. Talks to servers of its own.
import { mongoServer } from '../support/job-stores.js';
import { describeWithPeer } from '../support/peers.js';
import { schedulerContract } from './scheduler-contract.js';

describeWithPeer('mongo', 'the scheduler on MongoDB', () => schedulerContract(mongoServer));
