// GraphQL's names for value sets that tables and services speak of as plain strings.
import { registerEnumType } from 'type-graphql';
import { doors, grantSources, roles, scopes } from '../entities/account.enums.js';
import { imeiBatchHoldReasons, imeiBatchStatuses, imeiCheckStatuses, imeiProblems } from '../entities/imei.enums.js';
import { leadEventKinds, leadOrders, leadStatuses } from '../entities/lead.enums.js';
import {
  breakerStates,
  channels,
  clientOrders,
  importKinds,
  mailingOrders,
  mailingStatuses,
  messageStatuses,
  recipientVerdicts,
  suppressionSources,
  uncertainPolicies,
  weekdays,
} from '../entities/mailing.enums.js';
import { detailsOf, type ErrorCode, errorCodeNames, errorCodes } from '../shared/errors.js';

const enumOf = <T extends string>(values: readonly T[]): { [K in T]: K } =>
  Object.fromEntries(values.map((value) => [value, value])) as { [K in T]: K };

export const RoleEnum = enumOf(roles);
registerEnumType(RoleEnum, { name: 'Role', description: 'What a person may do.' });

export const ScopeEnum = enumOf(scopes);
registerEnumType(ScopeEnum, { name: 'Scope', description: 'What an API token may do, and never more than its owner.' });

export const TelegramGrantSourceEnum = enumOf(grantSources);
registerEnumType(TelegramGrantSourceEnum, { name: 'TelegramGrantSource', description: 'Where a grant came from.' });

export const ErrorCodeEnum = enumOf(errorCodeNames);
registerEnumType(ErrorCodeEnum, {
  name: 'ErrorCode',
  description: 'Every failure that a client may meet, in extensions.code.',
  valuesConfig: Object.fromEntries(errorCodeNames.map((code) => [code, { description: meaningOf(code) }])),
});

/** With the words that can come with it, so that the schema by itself tells them. */
function meaningOf(code: ErrorCode): string {
  const { reasons, fieldCodes } = detailsOf(code);
  const told = [
    ['extensions.reasons', Object.keys(reasons)],
    ['extensions.fields[].code', Object.keys(fieldCodes)],
  ] as const;
  const lists = told.flatMap(([where, words]) => (words.length > 0 ? [`${where}: ${words.join(', ')}.`] : []));
  return [errorCodes[code].meaning, ...lists].join('\n\n');
}

export const ChannelEnum = enumOf(channels);
registerEnumType(ChannelEnum, { name: 'Channel', description: 'How a person is contacted.' });

export const SuppressionSourceEnum = enumOf(suppressionSources);
registerEnumType(SuppressionSourceEnum, {
  name: 'SuppressionSource',
  description: 'Who or what asked not to contact a number.',
  valuesConfig: {
    STAFF: { description: 'Somebody signed in.' },
    KEYPRESS: { description: 'The person, by a digit pressed in a call.' },
    IMPORT: { description: 'An uploaded file.' },
    INVALID_NUMBER: { description: 'A gateway said that there is no such number.' },
  },
});

export const ImportKindEnum = enumOf(importKinds);
registerEnumType(ImportKindEnum, { name: 'ImportKind', description: 'What an uploaded file holds.' });

export const WeekdayEnum = enumOf(weekdays);
registerEnumType(WeekdayEnum, { name: 'Weekday', description: 'A day of the week.' });

export const MailingStatusEnum = enumOf(mailingStatuses);
registerEnumType(MailingStatusEnum, {
  name: 'MailingStatus',
  description: 'How far a mailing is.',
  valuesConfig: {
    SCHEDULED: { description: 'Its start has not come.' },
    RUNNING: { description: 'Messages go out.' },
    PAUSED: { description: 'Held by a person until it is resumed, cancelled or its end comes.' },
    COMPLETED: { description: 'Nothing was queued or being sent any more before its end.' },
    EXPIRED: { description: 'Its end came while something was queued.' },
    CANCELLED: { description: 'Stopped by a person for good.' },
  },
});

export const MessageStatusEnum = enumOf(messageStatuses);
registerEnumType(MessageStatusEnum, {
  name: 'MessageStatus',
  description: 'What became of a message.',
  valuesConfig: {
    QUEUED: { description: 'Waits for its turn, its window or its next attempt.' },
    SENDING: { description: 'An attempt has begun.' },
    SENT: { description: 'The gateway took it.' },
    FAILED: { description: 'The gateway refused it for good.' },
    EXPIRED: { description: 'The end of its mailing came first.' },
    CANCELLED: { description: 'Its mailing was cancelled, or its client deleted or no longer in the audience.' },
    SUPPRESSED: { description: 'The number must not be contacted.' },
    UNCERTAIN: { description: 'It may have been sent: the answer was lost, and the mailing holds such messages.' },
  },
});

export const UncertainPolicyEnum = enumOf(uncertainPolicies);
registerEnumType(UncertainPolicyEnum, {
  name: 'UncertainPolicy',
  description:
    'What becomes of a message whose request went out and whose answer was lost: a death, a timeout, a reset, a 200 that cannot be read. What failed before it left (DNS, refused, open breaker) or was refused (429, 5xx, a 200 with another code) is always retried.',
  valuesConfig: {
    RETRY: { description: 'Again under the same id.' },
    HOLD: { description: 'UNCERTAIN until retryMessages.' },
  },
});

export const BreakerStateEnum = enumOf(breakerStates);
registerEnumType(BreakerStateEnum, {
  name: 'BreakerState',
  description: 'Whether a provider is asked.',
  valuesConfig: {
    CLOSED: { description: 'It is.' },
    OPEN: { description: 'It is left alone for a while.' },
    HALF_OPEN: { description: 'One request finds out whether it is back.' },
  },
});

export const ClientOrderEnum = enumOf(clientOrders);
registerEnumType(ClientOrderEnum, {
  name: 'ClientOrder',
  description: 'The order of clients.',
  valuesConfig: {
    NEWEST: { description: 'The last added first.' },
    OLDEST: { description: 'The first added first.' },
    PHONE: { description: 'By number; by its last four digits for those who see no more of it.' },
  },
});

export const MailingOrderEnum = enumOf(mailingOrders);
registerEnumType(MailingOrderEnum, {
  name: 'MailingOrder',
  description: 'The order of mailings.',
  valuesConfig: {
    NEWEST: { description: 'The last made first.' },
    STARTS_AT: { description: 'By their start.' },
  },
});

export const RecipientVerdictEnum = enumOf(recipientVerdicts);
registerEnumType(RecipientVerdictEnum, {
  name: 'RecipientVerdict',
  description: 'Why one person was, or was not, reached.',
  valuesConfig: {
    NOT_IN_FILTER: { description: 'Not in the audience: no match, deleted, or joined after it had been put together.' },
    SUPPRESSED: { description: 'The number must not be contacted.' },
    BEFORE_START: { description: 'The mailing has not started.' },
    OUTSIDE_WINDOW: { description: 'It is too early or too late where they live; the window opens again.' },
    WINDOW_NEVER_OPENS: { description: 'The window does not open again for them before the end.' },
    RATE_LIMITED: { description: "More wait than the mailing's limit lets through." },
    RETRY_LATER: { description: 'An attempt did not succeed; it is tried again later.' },
    GATEWAY_DOWN: { description: 'No worker gets through to the gateway.' },
    NO_GATEWAY: { description: 'No message gateway is configured.' },
    NO_WORKER: { description: 'No worker runs.' },
    PAUSED: { description: 'The mailing is paused.' },
    SENDING: { description: 'Under way, or next in line with nothing to hold it back.' },
    SENT: { description: 'The gateway took it.' },
    FAILED: { description: 'The gateway refused it for good.' },
    UNCERTAIN: { description: 'It may have been sent: the answer was lost.' },
    EXPIRED: { description: 'The end came first.' },
    CANCELLED: { description: 'The mailing was cancelled, or they left its audience.' },
  },
});

export const LeadStatusEnum = enumOf(leadStatuses);
registerEnumType(LeadStatusEnum, {
  name: 'LeadStatus',
  description: 'How far somebody who left their data is.',
  valuesConfig: {
    NEW: { description: 'Nobody has seen to them.' },
    CONTACTED: { description: 'They were written to, or called.' },
    QUALIFIED: { description: 'They are who is looked for.' },
    CONVERTED: { description: 'They are in the directory.' },
    LOST: { description: 'Nothing comes of it.' },
  },
});

export const LeadOrderEnum = enumOf(leadOrders);
registerEnumType(LeadOrderEnum, {
  name: 'LeadOrder',
  description: 'The order of leads.',
  valuesConfig: {
    NEWEST: { description: 'The last one first.' },
    OLDEST: { description: 'The first one first.' },
  },
});

export const LeadEventKindEnum = enumOf(leadEventKinds);
registerEnumType(LeadEventKindEnum, {
  name: 'LeadEventKind',
  description: 'What happened to a lead.',
  valuesConfig: {
    CREATED: { description: 'It came in.' },
    UPDATED: { description: 'Somebody changed it.' },
    CONVERTED: { description: 'It became a client.' },
    DELETED: { description: 'It was erased.' },
  },
});

export const DoorEnum = enumOf(doors);
registerEnumType(DoorEnum, {
  name: 'Door',
  description: 'By which way something was asked for.',
  valuesConfig: {
    GRAPHQL: { description: 'This API.' },
    REST: { description: 'REST, the old routes included.' },
    BOT: { description: 'Telegram.' },
    JOB: { description: 'The product itself: a batch, a watch.' },
  },
});

export const ImeiCheckStatusEnum = enumOf(imeiCheckStatuses);
registerEnumType(ImeiCheckStatusEnum, {
  name: 'ImeiCheckStatus',
  description: 'What became of a check.',
  valuesConfig: {
    PENDING: { description: 'It has not ended: it waits for its turn, or for the provider.' },
    SUCCESSFUL: { description: 'The provider knows the device.' },
    UNSUCCESSFUL: { description: 'The provider knows nothing of it; nothing was charged.' },
    FAILED: { description: 'There is no answer; `error` says why.' },
  },
});

export const ImeiBatchStatusEnum = enumOf(imeiBatchStatuses);
registerEnumType(ImeiBatchStatusEnum, {
  name: 'ImeiBatchStatus',
  description: 'Whether a batch goes on; what is under way ends in any case.',
  valuesConfig: {
    RUNNING: { description: 'It goes on, or waits for the provider, or for tomorrow’s checks.' },
    COMPLETED: { description: 'All of its devices are done.' },
    CANCELLED: { description: 'Somebody stopped it; the rest is skipped.' },
    COST_LIMIT: { description: 'The next check might have cost more than its limit leaves; the rest is skipped.' },
  },
});

export const ImeiBatchHoldReasonEnum = enumOf(imeiBatchHoldReasons);
registerEnumType(ImeiBatchHoldReasonEnum, {
  name: 'ImeiBatchHoldReason',
  description: 'Why a batch does not go on now.',
  valuesConfig: {
    DAILY_LIMIT: { description: 'The day’s checks of whoever ordered it are used up; it goes on at midnight.' },
    PROVIDER_AWAY: { description: 'The provider does not answer, is too busy, or does not tell its prices.' },
    PROVIDER_REFUSES: {
      description: 'The provider does nothing for us: an operator has to look at token, address and balance.',
    },
    UNCERTAIN_CHARGES: {
      description: 'Answers were lost that may have been charged; what became of them is looked for first.',
    },
    NO_WORKER: { description: 'No process does what is due; see whether a worker runs.' },
  },
});

export const ImeiProblemEnum = enumOf(imeiProblems);
registerEnumType(ImeiProblemEnum, {
  name: 'ImeiProblem',
  description: 'Why a text is no IMEI.',
  valuesConfig: {
    LENGTH: { description: 'It has not 14, 15 or 16 digits.' },
    NOT_DIGITS: { description: 'There is something else in it than digits, spaces and dashes.' },
    CHECKSUM: { description: 'The last digit does not fit the others: one of them is mistyped.' },
    ALL_ZERO: { description: 'All of it is zeros: what a phone without a number says.' },
  },
});
