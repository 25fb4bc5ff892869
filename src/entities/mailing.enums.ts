// The value sets of clients, mailings, messages and imports.

export const channels = ['MESSAGE', 'CALL'] as const;
export type Channel = (typeof channels)[number];

export const suppressionSources = ['STAFF', 'KEYPRESS', 'IMPORT', 'INVALID_NUMBER'] as const;
export type SuppressionSource = (typeof suppressionSources)[number];

export const importKinds = ['CLIENTS', 'CONTACTS', 'MEMBERS', 'SUPPRESSIONS'] as const;
export type ImportKind = (typeof importKinds)[number];

export const weekdays = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
export type Weekday = (typeof weekdays)[number];

export const mailingStatuses = ['SCHEDULED', 'RUNNING', 'PAUSED', 'COMPLETED', 'EXPIRED', 'CANCELLED'] as const;
export type MailingStatus = (typeof mailingStatuses)[number];

export const messageStatuses = [
  'QUEUED',
  'SENDING',
  'SENT',
  'FAILED',
  'EXPIRED',
  'CANCELLED',
  'SUPPRESSED',
  'UNCERTAIN',
] as const;
export type MessageStatus = (typeof messageStatuses)[number];

export const uncertainPolicies = ['RETRY', 'HOLD'] as const;
export type UncertainPolicy = (typeof uncertainPolicies)[number];

export const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const;
export type BreakerState = (typeof breakerStates)[number];

export const clientOrders = ['NEWEST', 'OLDEST', 'PHONE'] as const;
export type ClientOrder = (typeof clientOrders)[number];

export const mailingOrders = ['NEWEST', 'STARTS_AT'] as const;
export type MailingOrder = (typeof mailingOrders)[number];

export const recipientVerdicts = [
  'NOT_IN_FILTER',
  'SUPPRESSED',
  'BEFORE_START',
  'OUTSIDE_WINDOW',
  'WINDOW_NEVER_OPENS',
  'RATE_LIMITED',
  'RETRY_LATER',
  'GATEWAY_DOWN',
  'NO_GATEWAY',
  'NO_WORKER',
  'PAUSED',
  'SENDING',
  'SENT',
  'FAILED',
  'UNCERTAIN',
  'EXPIRED',
  'CANCELLED',
] as const;
export type RecipientVerdict = (typeof recipientVerdicts)[number];
