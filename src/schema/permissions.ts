// Which row of the policy table opens which root field, and which fields cross into another domain.
import type { PolicyName } from '../auth/policies.js';

export type RootField = `${'Query' | 'Mutation' | 'Subscription'}.${string}`;

export const rootFields: Readonly<Record<RootField, PolicyName>> = {
  'Query.viewer': 'open',
  'Query.errorCodes': 'open',
  'Query.users': 'people',
  'Query.apiTokens': 'ownAccount',
  'Query.telegramGrants': 'telegramAccess',
  'Query.telegramAccessRequests': 'telegramAccess',
  'Query.auditLog': 'people',
  'Query.systemStatus': 'systemRead',
  'Query.scheduledJobs': 'systemRead',
  'Mutation.signIn': 'open',
  'Mutation.refreshSession': 'open',
  'Mutation.signOut': 'open',
  'Mutation.createUser': 'people',
  'Mutation.updateUser': 'people',
  'Mutation.changePassword': 'ownAccount',
  'Mutation.resetPassword': 'people',
  'Mutation.linkTelegram': 'ownAccount',
  'Mutation.unlinkTelegram': 'ownAccount',
  'Mutation.acknowledgeAlarm': 'alarmsWrite',
  'Mutation.createApiToken': 'ownAccount',
  'Mutation.revokeApiToken': 'ownAccount',
  'Mutation.grantTelegramAccess': 'telegramAccess',
  'Mutation.revokeTelegramAccess': 'telegramAccess',
  'Mutation.resolveTelegramAccessRequest': 'telegramAccess',
  'Subscription.alarms': 'systemRead',
};

/** Open even to somebody who still has to change a one-time password. */
export const openBeforePasswordChange: ReadonlySet<string> = new Set([
  'Query.viewer',
  'Mutation.changePassword',
  'Mutation.signOut',
]);

/** Object fields that lead from one domain into another ask that domain's row too. */
export const crossings: Readonly<Record<string, PolicyName>> = {};

/** Subscriptions whose answers depend on role and scopes and on nothing else about the viewer: executed once for all who are equal. */
export const equalForEqualRights: ReadonlySet<string> = new Set(['alarms']);
