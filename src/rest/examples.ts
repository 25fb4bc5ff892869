// The examples of the OpenAPI document: one small world, told the same way wherever a piece of it is shown. A test holds each
// of them to its schema. The numbers begin with 7 000, which no operator was ever given. No I/O.
import type { Components, Json } from './openapi-schema.js';

/** By the name of the parameter; one that has a list of values shows the first of them. */
export const parameterExamples: Readonly<Record<string, unknown>> = {
  id: '4711',
  pk: '4711',
  imei: '356735111052198',
  limit: 20,
  offset: 0,
  after: 'WyI0NzExIl0',
  userId: '2',
  operatorCodes: ['903', '916'],
  tags: ['vip'],
  phone: '+7 000 765-43-21',
  email: 'anna@example.com',
  email_domain: 'example.com',
  phone_last_four: '4321',
  name: 'Анна',
  search: 'Анна',
  source: 'landing-page',
  ip_address: '203.0.113.7',
  tac: '35673511',
  serviceId: 12,
  maxAgeSeconds: 86_400,
  costLimit: '12.50',
  createdFrom: '2026-03-01T00:00:00Z',
  createdBefore: '2026-04-01T00:00:00Z',
  created_from: '2026-03-01T00:00:00Z',
  created_before: '2026-04-01T00:00:00Z',
  startsFrom: '2026-03-01T00:00:00Z',
  startsBefore: '2026-04-01T00:00:00Z',
  expires: '1774791000',
  signature: 'b0wK3iXh2v9o6u1r7f3mZ4dS8c5aQ2eJ1tLnYpGxWkE',
  'Idempotency-Key': '1f0c2f5e-5b0f-4a56-9d44-2a3c1f6f8b71',
};

/** The example of a schema: that of its name, its own, or put together from those of its parts. */
export function exampleOf(schema: Json, components: Components): unknown {
  const { $ref: ref, const: only, enum: words, anyOf, oneOf, items, properties } = schema;
  if (typeof ref === 'string') {
    const name = ref.split('/').at(-1) ?? '';
    return examples[name] ?? exampleOf(components.schemas[name] as Json, components);
  }
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if (only !== undefined) return only;
  if (Array.isArray(words)) return words[0];
  for (const choice of [anyOf, oneOf]) if (Array.isArray(choice)) return exampleOf(choice[0], components);
  if (items) return [exampleOf(items as Json, components)];
  if (properties) {
    const parts = Object.entries(properties).map(([name, part]) => [name, exampleOf(part as Json, components)]);
    return parts.some(([, example]) => example === undefined) ? undefined : Object.fromEntries(parts);
  }
  return undefined;
}

const user = {
  ...{ id: '2', login: 'anna', name: 'Анна Иванова', role: 'OPERATOR', telegramId: null, mustChangePassword: false },
  ...{ createdAt: '2026-03-02T09:00:00.000Z', lastSeenAt: '2026-03-29T08:15:00.000Z', disabledAt: null },
};

const apiToken = {
  ...{ id: '17', ownerId: '2', name: 'CRM', prefix: 'sb_live_9fQ2', scopes: ['MAILINGS', 'LEADS_READ'] },
  ...{ createdAt: '2026-03-02T09:00:00.000Z', lastUsedAt: '2026-03-29T08:15:00.000Z' },
  ...{ expiresAt: '2027-03-02T09:00:00.000Z', revokedAt: null },
};

const newClient = {
  ...{ phone: '70007654321', operatorCode: '916', tag: 'vip', timezone: 'Europe/Moscow', name: 'Анна Иванова' },
};

const client = {
  ...{ id: '4711', ...newClient, localTime: '11:15' },
  ...{ createdAt: '2026-03-02T09:00:00.000Z', updatedAt: '2026-03-29T08:15:00.000Z' },
};

const mailingTerms = {
  text: 'Здравствуйте! Ваш заказ готов, ждём вас до 21:00.',
  filter: { operatorCodes: ['903', '916'], tags: ['vip'] },
  startsAt: '2096-03-29T06:00:00.000Z',
  endsAt: '2096-03-30T18:00:00.000Z',
  window: { from: '09:00', to: '21:00', days: ['MON', 'TUE', 'WED', 'THU', 'FRI'] },
  rateLimit: 50,
};

const mailing = {
  ...{ id: '4711', ...mailingTerms, status: 'SCHEDULED', onUncertain: 'HOLD' },
  ...{ createdAt: '2096-03-28T10:00:00.000Z', startedAt: null, finishedAt: null },
};

const lead = {
  ...{ id: '4711', name: 'Анна Иванова', email: 'anna@example.com', phone: '70007654321', ip_address: '203.0.113.7' },
  ...{ created_at: '2026-03-29T08:15:00.000Z', timestamp: '2026-03-29T08:15:00.000Z' },
};

const wholeLead = { ...lead, status: 'NEW', source: 'landing-page', note: null, client_id: null };

const device = {
  ...{ name: 'Apple iPhone 13 128GB Midnight', brand: 'Apple', model: 'iPhone 13', modelDescription: null },
  ...{ imageUrl: null, imei: '356735111052198', imei2: '356735111052206', serial: 'F17ZQ0ABCDEF', meid: null },
  ...{ simLock: false, findMyOn: true, lostMode: false, mdmLock: null, blacklist: 'CLEAN', network: 'Unlocked' },
  ...{ region: 'Europe', purchaseCountry: 'Germany', purchasedAt: '2023-11-02T00:00:00.000Z' },
  ...{ warranty: 'Limited warranty', repairCoverage: true, technicalSupport: true },
  ...{ replaced: false, refurbished: false, demoUnit: false, loaner: false },
};

const imeiCheck = {
  ...{ id: '4711', imei: '356735111052198', tac: '35673511', status: 'SUCCESSFUL', provider: 'imeicheck.net' },
  ...{ serviceId: 12, serviceTitle: 'Apple full info', device, raw: { status: 'successful' }, cost: '0.06' },
  ...{ cached: false, ageSeconds: 0, via: 'REST', requestedBy: 'person:2', error: null },
  ...{ createdAt: '2026-03-29T08:15:00.000Z', completedAt: '2026-03-29T08:15:03.000Z' },
  changes: [{ field: 'findMyOn', before: 'false', after: 'true' }],
};

const legacyClient = {
  ...{ number: '70007654321', operator_code: '916', tag: 'vip', timezone: 'Europe/Moscow' },
};

const legacyTerms = {
  ...{ start_time: '09:00:00', end_time: '21:00:00', start_day: '2096-03-29T06:00:00Z' },
  ...{ end_day: '2096-03-30T18:00:00Z', body: mailingTerms.text, tag: 'vip', operator_code: '916' },
};

const legacyCounts = { 'Total messages': 300, Sent: 240, 'No sent': 60 };
const byStatus = {
  ...{ QUEUED: 40, SENDING: 10, SENT: 240, FAILED: 4, EXPIRED: 0, CANCELLED: 0, SUPPRESSED: 5, UNCERTAIN: 1 },
};

/** By the id of the schema. */
const examples: Readonly<Record<string, unknown>> = {
  User: user,
  CreateUserInput: { login: 'anna', name: 'Анна Иванова', password: 'a long passphrase', role: 'OPERATOR' },
  ApiToken: apiToken,
  IssuedApiToken: { secret: 'sb_live_9fQ2example0example0example0example0exa', token: apiToken },
  CreateApiTokenInput: { name: 'CRM', scopes: ['MAILINGS', 'LEADS_READ'], expiresAt: '2097-03-02T09:00:00Z' },
  GrantRequest: { grant_type: 'password', username: 'anna', password: 'a long passphrase' },
  TokenRequest: { token: 'sb_live_9fQ2example0example0example0example0exa' },
  Session: {
    ...{ access_token: 'sb_acc_4tY7example0example0example0example0exam', token_type: 'Bearer', expires_in: 600 },
    ...{ refresh_token: 'sb_ref_8uK1example0example0example0example0exam', scope: 'MAILINGS LEADS_READ' },
  },
  TokenState: {
    ...{ active: true, scope: 'MAILINGS LEADS_READ', username: 'anna', sub: '2', token_type: 'Bearer' },
    ...{ iat: 1_774_770_000, exp: 1_774_770_600 },
  },
  Client: client,
  CreateClientInput: newClient,
  UpdateClientInput: { tag: 'regular', timezone: 'Asia/Omsk' },
  Suppression: {
    ...{ id: '4711', phone: '70007654321', channel: 'MESSAGE', source: 'STAFF', note: 'Asked by phone' },
    createdAt: '2026-03-29T08:15:00.000Z',
  },
  SuppressInput: { phone: '+7 000 765-43-21', channels: ['MESSAGE'], note: 'Asked by phone' },
  Import: {
    ...{ id: '4711', kind: 'CLIENTS', fileName: 'clients.csv', total: 300, processed: 300, created: 280, updated: 19 },
    ...{ rejected: 1, problems: [{ row: 12, field: 'phone', message: 'expected 7XXXXXXXXXX, 11 digits' }] },
    problemsUrl: '/api/v1/imports/4711/problems.csv?expires=1774791000&signature=b0wK3iXh2v9o6u1r7f3mZ4dS8c5aQ2eJ',
    ...{ createdAt: '2026-03-29T08:15:00.000Z', finishedAt: '2026-03-29T08:15:02.000Z', error: null },
  },
  Mailing: mailing,
  CreateMailingInput: { ...mailingTerms, onUncertain: 'HOLD' },
  UpdateMailingInput: { text: 'Ваш заказ готов, ждём вас до 20:00.', rateLimit: null },
  MailingStats: {
    ...{ planned: 300, queued: 40, sending: 10, sent: 240, failed: 4, expired: 0, cancelled: 0, suppressed: 5 },
    ...{ uncertain: 1, attempts: 246, perSecond: 49.5, etaAt: '2096-03-29T06:00:07.000Z' },
  },
  MailingOverview: {
    ...{ mailings: 2, byMailingStatus: [{ status: 'RUNNING', count: 2 }] },
    ...{ messages: 300, byMessageStatus: [{ status: 'SENT', count: 300 }] },
  },
  RetryInput: { status: ['FAILED'] },
  Message: {
    ...{ id: '99001', mailingId: '4711', clientId: '4711', phone: '70007654321', text: mailingTerms.text },
    ...{ textVersion: 1, status: 'SENT', createdAt: '2096-03-29T06:00:00.000Z', sentAt: '2096-03-29T06:00:01.000Z' },
    ...{ attempts: 1, nextAttemptAt: null, lastError: null },
  },
  TestMessageInput: { phone: '70007654321', text: 'Проверка связи' },
  Rehearsal: {
    ...{ recipients: 300, suppressed: 5, segments: 2, finishesAt: null, willMiss: 60 },
    ...{ reasons: [{ key: 'RATE_LIMIT', count: 60 }], curve: [{ at: '2096-03-29T06:00:05.000Z', done: 240 }] },
    advice: 'With a rate limit of 63 a second all would be reached.',
  },
  ImeiCheck: imeiCheck,
  CheckImeiInput: { imei: '356735111052198', maxAgeSeconds: 86_400 },
  CheckImeisInput: { imeis: ['356735111052198', '490154203237518'], costLimit: '12.50' },
  ImeiBatch: {
    ...{ id: '4711', status: 'RUNNING', costLimit: '12.50', total: 2, done: 1, successful: 1, unsuccessful: 0 },
    ...{ hold: null, failed: 0, skipped: 0, cost: '0.06', requestedBy: 'person:2' },
    resultUrl: '/api/v1/imei/batches/4711/result.csv?expires=1774791000&signature=b0wK3iXh2v9o6u1r7f3mZ4dS8c5aQ2eJ',
    ...{ createdAt: '2026-03-29T08:15:00.000Z', finishedAt: null },
  },
  ImeiVerdict: {
    ...{ input: '35-673511-105219-8', valid: true, problem: null, imei: '356735111052198', tac: '35673511' },
    ...{ reportingBody: 'BABT', brand: 'Apple', model: 'iPhone 13', suggestions: [] },
  },
  NewLead: {
    ...{ name: 'Анна Иванова', email: 'anna@example.com', phone: '+7 000 765-43-21', source: 'landing-page' },
  },
  TakenLead: lead,
  Lead: wholeLead,
  LeadList: { total: 1, items: [wholeLead] },
  UpdateLeadInput: { status: 'CONTACTED', note: 'Wants a call on Monday' },
  GatewayMood: { mode: '5xx', status: 503, forMs: 60_000 },
  GatewayState: {
    ...{ mood: { mode: 'ok' }, until: null },
    stats: {
      ...{ total: 300, accepted: 295, distinct: 295, duplicates: 0, inFlight: 2, perSecond: 50 },
      outcomes: { ok: 295, error: 5 },
    },
  },
  ImeiMood: { mode: 'processing', latencyMs: 3_000 },
  ImeiState: {
    ...{ mood: { mode: 'ok' }, until: null },
    stats: {
      ...{ total: 12, checks: 12, paidAgain: 0, charged: '0.72', balance: '999.28', free: 3, inFlight: 0 },
      ...{ perSecond: 0, outcomes: { ok: 12 } },
    },
  },
  Liveness: { status: 'ok' },
  Readiness: { ready: true, reasons: [] },
  Nothing: {},
  LegacyClient: { id: 4711, ...legacyClient },
  CreateLegacyClientInput: legacyClient,
  UpdateLegacyClientInput: { tag: 'regular' },
  LegacyMailing: { id: 4711, ...legacyTerms },
  CreateLegacyMailingInput: legacyTerms,
  UpdateLegacyMailingInput: { body: 'Ваш заказ готов, ждём вас до 20:00.' },
  LegacyMailingDetail: { id: 4711, ...legacyTerms, statistics: { ...legacyCounts, by_status: byStatus } },
  LegacyMessage: { id: 99_001, created: '2096-03-29T06:00:00Z', status: 'sent', mail_sender: 4711, client: 4711 },
  LegacyOverview: {
    ...{ 'Total number of mailings': 1, 'The number of messages sent': 240 },
    'Total sent messages': { '4711': legacyCounts },
  },
  OAuthMetadata: {
    issuer: 'https://switchboard.example.com',
    token_endpoint: 'https://switchboard.example.com/oauth/token',
    revocation_endpoint: 'https://switchboard.example.com/oauth/revoke',
    introspection_endpoint: 'https://switchboard.example.com/oauth/introspect',
    service_documentation: 'https://switchboard.example.com/docs/',
    ...{ scopes_supported: ['READ', 'MAILINGS'], response_types_supported: [] },
    grant_types_supported: ['password', 'refresh_token'],
    ...{ token_endpoint_auth_methods_supported: ['none'], revocation_endpoint_auth_methods_supported: ['none'] },
    introspection_endpoint_auth_methods_supported: ['Bearer'],
  },
  LegacyImeiCheck: { imei: '356735111052198', token: 'sb_live_9fQ2example0example0example0example0exa' },
  LegacyImeiAnswer: {
    ...{ id: 'abc123', type: 'api', status: 'successful', deviceId: '356735111052198' },
    properties: { deviceName: 'Apple iPhone 13 128GB Midnight', imei: '356735111052198', simLock: false },
  },
  LegacyRoutes: ['/api/', '/api/clients', '/api/mails/<int:pk>'],
};
