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
  'Query.validateImei': 'open',
  'Query.client': 'mailingsRead',
  'Query.clients': 'mailingsRead',
  'Query.clientTags': 'mailingsRead',
  'Query.operatorCodes': 'mailingsRead',
  'Query.suppressions': 'mailingsRead',
  'Query.import': 'mailingsWrite',
  'Query.imports': 'mailingsWrite',
  'Mutation.createClient': 'mailingsWrite',
  'Mutation.updateClient': 'mailingsWrite',
  'Mutation.deleteClient': 'mailingsWrite',
  'Mutation.suppress': 'mailingsWrite',
  'Mutation.unsuppress': 'mailingsWrite',
  'Query.mailing': 'mailingsRead',
  'Query.mailings': 'mailingsRead',
  'Query.mailingOverview': 'mailingsRead',
  'Query.messages': 'mailingsRead',
  'Query.rehearseMailing': 'mailingsWrite',
  'Query.explainRecipient': 'mailingsRead',
  'Mutation.createMailing': 'mailingsWrite',
  'Mutation.updateMailing': 'mailingsWrite',
  'Mutation.deleteMailing': 'mailingsWrite',
  'Mutation.pauseMailing': 'mailingsWrite',
  'Mutation.resumeMailing': 'mailingsWrite',
  'Mutation.cancelMailing': 'mailingsWrite',
  'Mutation.retryMessages': 'mailingsWrite',
  'Mutation.sendTestMessage': 'mailingsWrite',
  'Query.lead': 'leadsRead',
  'Query.leads': 'leadsRead',
  'Query.leadIntake': 'leadsRead',
  'Mutation.createLead': 'open',
  'Mutation.updateLead': 'leadsChange',
  'Mutation.deleteLead': 'leadsChange',
  'Mutation.convertLead': 'leadsConvert',
  'Query.blockedIps': 'protection',
  'Mutation.blockIp': 'protection',
  'Mutation.unblockIp': 'protection',
  'Query.leadKeyRotation': 'protection',
  'Mutation.rotateLeadKeys': 'protection',
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
  'Subscription.importProgress': 'mailingsWrite',
  'Subscription.leads': 'leadsRead',
  'Subscription.leadKeyRotationProgress': 'protection',
  'Subscription.mailingProgress': 'mailingsRead',
  'Subscription.messageEvents': 'mailingsRead',
};

/** Open even to somebody who still has to change a one-time password. */
export const openBeforePasswordChange: ReadonlySet<string> = new Set([
  'Query.viewer',
  'Mutation.changePassword',
  'Mutation.signOut',
]);

/** Object fields that lead from one domain into another ask that domain's row too. */
export const crossings: Readonly<Record<string, PolicyName>> = {
  'Lead.client': 'mailingsRead',
  'SystemStatus.gateways': 'mailingsRead',
};

/** Subscriptions whose answers depend on role and scopes and on nothing else about the viewer: executed once for all who are equal. */
export const equalForEqualRights: ReadonlySet<string> = new Set([
  'alarms',
  'leads',
  'mailingProgress',
  'messageEvents',
]);
