// One map from topic to what its subscribers get, and how a topic says it. Declared apart from the hub and from the
// services that load; each definition lives with the noun that owns the data, app.ts hands them to the hub.
import type { ImeiBatchRow } from '../imei/imei-batch-hold.js';
import type { ImeiCheckRow } from '../imei/imei-check.rows.js';
import type { ImportRow } from '../imports/import.rows.js';
import type { LeadRow } from '../leads/lead.rows.js';
import type { KeyRotationRow } from '../leads/lead-keys.rows.js';
import type { MailingRow, MessageInEvent } from '../mailings/mailing.rows.js';
import type { AlarmRow } from '../system/alarms.service.js';
import type { Work } from '../work.js';
import type { StoredEvent } from './event-log.js';

/**
 * `event`: every one of them, in order, replayed with `after`.
 * `state`: the present first, then the newest after each change, at most a few a second for each subject.
 */
export interface Topics {
  alarm: { state: AlarmRow };
  /** Checks that are done say hub.changed(), everything else is an event. */
  imeiBatch: { state: ImeiBatchRow };
  /** Ends of checks, by who asked; the kind is the status, the item the check. */
  imeiCheck: { event: ImeiCheckRow };
  import: { state: ImportRow };
  /** Null once it is erased. */
  lead: { event: LeadRow | null };
  leadKeys: { state: KeyRotationRow };
  /** By mailing. Settled batches say hub.changed(), everything else is an event. */
  mailing: { state: MailingRow };
  /** Final states, by mailing; the kind is the status, the item the message. */
  message: { event: MessageInEvent };
}

export type Topic = keyof Topics;
export type EventTopic = { [T in Topic]: Topics[T] extends { event: unknown } ? T : never }[Topic];
export type StateTopic = { [T in Topic]: Topics[T] extends { state: unknown } ? T : never }[Topic];
export type EventOf<T extends Topic> = Topics[T] extends { event: infer Payload } ? Payload : never;
export type StateOf<T extends Topic> = Topics[T] extends { state: infer State } ? State : never;

export interface LiveEvent<Payload> extends Readonly<StoredEvent> {
  readonly payload: Payload;
}

export interface EventDefinition<Payload> {
  /** In the order of the events, loaded once for all subscribers; undefined for what is no longer there to be told. */
  load(work: Work, events: readonly StoredEvent[]): Promise<readonly (Payload | undefined)[]>;
}

/** Its subjects are woken by the topic's events and by hub.changed(). Plain rows: they are compared to find changes. */
export interface StateDefinition<State> {
  /** In the order of the subjects; undefined for one that is not there. */
  load(work: Work, subjects: readonly string[]): Promise<readonly (State | undefined)[]>;
  /** What is there now for those who watch the whole topic; a topic without it is watched by subject only. */
  present?(work: Work): Promise<readonly { readonly subject: string; readonly state: State }[]>;
  /** 4 where it is absent. */
  readonly perSecond?: number;
}

export type TopicDefinition<T extends Topic> = (Topics[T] extends { event: infer P }
  ? { readonly events: EventDefinition<P> }
  : unknown) &
  (Topics[T] extends { state: infer S } ? { readonly states: StateDefinition<S> } : unknown);

export type TopicDefinitions = { readonly [T in Topic]?: TopicDefinition<T> };

/** Loads and publishes for everybody, as the system. */
export type Unit = <T>(body: (work: Work) => Promise<T>) => Promise<T>;
