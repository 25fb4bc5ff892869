// The value sets of IMEI checks.

export const imeiProblems = ['LENGTH', 'NOT_DIGITS', 'CHECKSUM', 'ALL_ZERO'] as const;
export type ImeiProblem = (typeof imeiProblems)[number];

export const imeiCheckStatuses = ['PENDING', 'SUCCESSFUL', 'UNSUCCESSFUL', 'FAILED'] as const;
export type ImeiCheckStatus = (typeof imeiCheckStatuses)[number];

/**
 * Where an exchange with the provider stands. ASKING: the request may have left. LOST: it may have been charged, and its answer
 * did not come. WAITING: the provider works on it. The last two are the ends.
 */
export const imeiExchangeStates = ['QUEUED', 'ASKING', 'LOST', 'WAITING', 'ANSWERED', 'FAILED'] as const;
export type ImeiExchangeState = (typeof imeiExchangeStates)[number];

export const imeiBatchStatuses = ['RUNNING', 'COMPLETED', 'CANCELLED', 'COST_LIMIT'] as const;
export type ImeiBatchStatus = (typeof imeiBatchStatuses)[number];

export const imeiBatchHoldReasons = [
  'DAILY_LIMIT',
  'PROVIDER_AWAY',
  'PROVIDER_REFUSES',
  'UNCERTAIN_CHARGES',
  'NO_WORKER',
] as const;
export type ImeiBatchHoldReason = (typeof imeiBatchHoldReasons)[number];
