// What every resolver is given: who asks, the use cases of this one operation, and its batches.
import type { Viewer } from '../auth/viewer.js';
import type { LiveHub } from '../domain/live/hub.js';
import type { Services } from '../domain/services.js';
import type { Loaders } from './loaders.js';

export interface GraphqlContext {
  readonly viewer: Viewer;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly live: LiveHub;
  /** Aborted at the operation's deadline. */
  readonly signal: AbortSignal;
}
