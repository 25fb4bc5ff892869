// Every job by name: what it carries and, where it is a tick, how often it runs. Handlers live in <noun>.jobs.ts.
import { z } from 'zod';

/** Flat, and ids at most: a store of jobs is no place for people's data, and dates do not survive its JSON. */
type PlainPayload = Readonly<Record<string, string | number | boolean>>;

export interface JobDeclaration {
  /** Parsed where the job is scheduled and again where it runs, so that it must accept its own output. */
  readonly payload: z.ZodType<PlainPayload>;
  /** Ticks run by themselves, with an empty payload; nudges are scheduled for one moment. */
  readonly every?: string;
}

export type JobCatalog = Readonly<Record<string, JobDeclaration>>;
export type NameIn<C extends JobCatalog> = keyof C & string;
export type PayloadIn<C extends JobCatalog, N extends NameIn<C>> = z.infer<C[N]['payload']>;

const aboutMailing = z.strictObject({ mailingId: z.string() });

export const jobCatalog = {
  /** Nudges at a mailing's start and end; the ticks below do the same for whatever was missed. */
  startMailing: { payload: aboutMailing },
  endMailing: { payload: aboutMailing },
  /** Starts what is due, plans what is not planned, cancels what is cancelled: in chunks, from where it stood. */
  planMailings: { payload: z.strictObject({}), every: '5 seconds' },
  /** Gives the messages of dead workers back. */
  reapMessages: { payload: z.strictObject({}), every: '5 seconds' },
  expireMailings: { payload: z.strictObject({}), every: '5 seconds' },
  /** Looks up lost answers of the IMEI provider, and sees to what the dead left behind. */
  reconcileImeiChecks: { payload: z.strictObject({}), every: '5 seconds' },
  /** Begins the checks of watches whose time has come. */
  checkImeiWatches: { payload: z.strictObject({}), every: '5 seconds' },
  /** Orders the next checks of batches; nudged where one begins. */
  feedImeiBatches: { payload: z.strictObject({}), every: '5 seconds' },
  continueImports: { payload: z.strictObject({}), every: '10 seconds' },
  continueLeadRotation: { payload: z.strictObject({}), every: '10 seconds' },
  housekeeping: { payload: z.strictObject({}), every: '10 minutes' },
  tellAlarms: { payload: z.strictObject({}), every: '30 seconds' },
} as const satisfies JobCatalog;

export type JobName = NameIn<typeof jobCatalog>;
export type JobPayload<N extends JobName> = PayloadIn<typeof jobCatalog, N>;
