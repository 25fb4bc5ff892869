// The value sets of accounts that both the tables and the policies speak of.

export const roles = ['ADMIN', 'OPERATOR', 'VIEWER'] as const;
export type Role = (typeof roles)[number];

export const scopes = ['IMEI_CHECK', 'LEADS_WRITE', 'LEADS_READ', 'MAILINGS', 'CALLS', 'COMMUNITY', 'READ'] as const;
export type Scope = (typeof scopes)[number];

export const tokenKinds = ['access', 'refresh', 'api'] as const;
export type TokenKind = (typeof tokenKinds)[number];

export const grantSources = ['ADMIN', 'CHANNEL_SUBSCRIPTION', 'REQUEST'] as const;
export type GrantSource = (typeof grantSources)[number];

/** By which way somebody came in. */
export const doors = ['GRAPHQL', 'REST', 'BOT', 'JOB'] as const;
export type Door = (typeof doors)[number];
