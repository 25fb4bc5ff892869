// The only reader of the environment: every setting with its default, its meaning and its check, told all at once
// when wrong. `npm start -- --help`, docs/CONFIGURATION.md and .env.example come from this table.
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { z } from 'zod';

const setting = <const F extends string, S extends z.ZodType>(fallback: F, what: string, schema: S) => ({
  fallback,
  what,
  schema,
});

const text = z.string().trim().min(1);
const count = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `expected a whole number from ${min} to ${max}`);
const port = count(0, 65_535);
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
    message: `expected a URL that begins with ${protocols.map((p) => `${p}://`).join(' or ')}`,
  });
const timeZone = z.string().transform((value, context) => {
  try {
    if (!/^[A-Za-z]/.test(value) || /^(UTC|GMT|Etc\/GMT)[+-]/i.test(value)) throw new RangeError('an offset');
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    context.addIssue({ code: 'custom', message: 'expected an IANA time zone such as Europe/Moscow' });
    return z.NEVER;
  }
});
const cidrs = list.refine((values) => values.every(isCidr), 'expected a list of CIDRs such as 10.0.0.0/8,::1/128');
const roleNames = ['web', 'worker', 'bot', 'simulators'] as const;
const roles = list
  .pipe(z.array(z.enum(roleNames, `expected some of ${roleNames.join(',')}`)).min(1))
  .refine(
    (played) => played.length === 1 || !played.includes('simulators'),
    'simulators are a process of their own and go with no other role',
  );
/** Milliseconds from 500ms, 10s or 2m. */
const duration = (min: number, max: number) =>
  z.string().transform((value, context) => {
    const [, amount, unit = ''] = /^(\d{1,7})(ms|s|m|h|)$/.exec(value) ?? [];
    // Nothing is nothing in each unit.
    const milliseconds = Number(amount) * (unitMs[unit] ?? (Number(amount) === 0 ? 0 : Number.NaN));
    if (milliseconds >= min && milliseconds <= max) return milliseconds;
    const message = `expected a time such as 500ms, 10s or 2m, from ${min / 1_000} s to ${max / 1_000} s`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const onOff = z.enum(['on', 'off'], 'expected on or off');
const encryptionKeys = list.transform((values, context) =>
  values.map((value) => {
    const [, kid = '', secret = ''] = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/]{43}=)$/.exec(value) ?? [];
    if (!kid)
      context.addIssue({ code: 'custom', message: 'expected kid:base64 of 32 bytes, several separated by commas' });
    return { kid, key: Buffer.from(secret, 'base64') };
  }),
);
/** Services of the IMEI provider by a phone's brand, from apple:1,other:22. */
const imeiServices = list.transform((values, context) => {
  const parts = values.map((value) => /^([a-z0-9][a-z0-9 .&-]*): *(\d{1,9})$/i.exec(value) ?? []);
  const services = new Map(parts.map(([, brand = '', id]) => [brand.trim().toLowerCase(), Number(id)]));
  const other = services.get('other');
  if (other !== undefined && services.size === values.length && !services.has('')) return { byBrand: services, other };
  context.addIssue({
    code: 'custom',
    message: 'expected brand:service, each once, and other: such as apple:1,other:22',
  });
  return z.NEVER;
});
const retentionKinds = ['events', 'traces', 'journal', 'audit'] as const;
const retention = z.string().transform((value, context) => {
  const days = { events: 7, traces: 30, journal: 90, audit: 365 };
  for (const part of value
    .split(',')
    .map((p) => p.trim())
    .filter(Boolean)) {
    const [, kind, n] = /^(\w+):(\d{1,4})$/.exec(part) ?? [];
    if (!isRetentionKind(kind) || Number(n) < 1) {
      context.addIssue({ code: 'custom', message: `expected days such as events:7,traces:30,journal:90,audit:365` });
      return z.NEVER;
    }
    days[kind] = Number(n);
  }
  return days;
});

/** Names, defaults and meanings; what a later part of the product needs is added here with it. */
export const settings = {
  PORT: setting('4000', 'TCP port of HTTP and WebSockets; 0 takes a free one', port),
  HOST: setting('127.0.0.1', 'address that HTTP and WebSockets listen on', text),
  DEFAULT_TIMEZONE: setting('Europe/Moscow', 'time zone of people and days where nothing else is said', timeZone),
  PUBLIC_URL: setting(
    '',
    'what links and the OpenAPI document say; from host and port where empty',
    url('http', 'https'),
  ),
  ROLES: setting('web,worker,bot', 'roles that this process plays; --roles= too', roles),
  DATA_DIR: setting('.data', 'embedded PostgreSQL, generated keys, scratch files', text),
  DATABASE_URL: setting('', 'PostgreSQL 14 or newer; embedded where empty', url('postgres', 'postgresql')),
  MONGO_URL: setting('', "Agenda's MongoDB; Agenda on PostgreSQL where empty", url('mongodb', 'mongodb+srv')),
  REDIS_URL: setting(
    '',
    'live events and shared limits; in-process or LISTEN/NOTIFY where empty',
    url('redis', 'rediss'),
  ),
  ADMIN_LOGIN: setting('admin', 'login of the first person, made when there is nobody', text),
  ADMIN_PASSWORD: setting(
    '',
    'password of the first person; random and printed once where empty',
    z.string().min(8).max(128),
  ),
  ADMIN_TELEGRAM_IDS: setting(
    '',
    'Telegram ids that are admins in the bot from the first start',
    list.refine((ids) => ids.every((id) => /^\d{1,19}$/.test(id)), 'expected numeric ids separated by commas'),
  ),
  SAMPLE_DATA: setting(
    '',
    'a small data set on the first start: on with the embedded database, off otherwise where empty, never in production',
    onOff,
  ),
  SIMULATORS: setting(
    '',
    'the local world: on, off, or the URL of one; on for each provider that is not configured where empty, never in production',
    z.union([onOff, url('http')], 'expected on, off or the URL of a process with --roles=simulators'),
  ),
  NODE_ENV: setting(
    'development',
    '`production`: no simulators, no landing page, introspection only for those signed in, keys required',
    z.enum(['development', 'production', 'test']),
  ),
  ENCRYPTION_KEYS: setting(
    '',
    'kid:base64[,kid:base64…], the first one writes; made in DATA_DIR where empty, required in production',
    encryptionKeys,
  ),
  TRUSTED_PROXIES: setting('', 'CIDR list whose X-Forwarded-For is believed', cidrs),
  CORS_ORIGINS: setting(
    '',
    'origins beside our own, separated by commas; outside production pages of loopback may ask too, from any port',
    list.refine(
      (origins) => origins.every((o) => URL.canParse(o) && new URL(o).origin === o),
      'expected origins such as https://app.example',
    ),
  ),
  MESSAGE_GATEWAY_URL: setting(
    '',
    'where messages go: POST {url}/v1/send/{msgId}; the simulator where empty',
    url('http', 'https').transform((root) => root.replace(/(?<!\/)\/+$/, '')),
  ),
  MESSAGE_GATEWAY_TOKEN: setting('', 'Bearer token (JWT) of the message gateway', text),
  MESSAGE_CONCURRENCY: setting('64', 'upper bound of simultaneous sends in one worker', count(1, 1_000)),
  MESSAGE_TIMEOUT: setting('10s', 'bound on one whole exchange with the message gateway', duration(100, 300_000)),
  IMEICHECK_URL: setting(
    'https://api.imeicheck.net',
    'where the API of imeicheck.net is: POST {url}/v1/checks',
    url('http', 'https').transform((root) => root.replace(/(?<!\/)\/+$/, '')),
  ),
  IMEICHECK_TOKEN: setting(
    '',
    'Bearer token of imeicheck.net; the simulator where empty',
    text.regex(/^[\x21-\x7e]+$/, 'expected a token of letters, digits and signs'),
  ),
  IMEICHECK_SERVICES: setting(
    'apple:1,other:22',
    'service of imeicheck.net by brand; `other` for all the rest, and after an unsuccessful answer of a brand',
    imeiServices,
  ),
  LEGACY_IMEI_TOKEN: setting(
    '',
    'a fixed token that old clients of /api/check-imei hold; counts as an API token of the first ADMIN with IMEI_CHECK',
    text,
  ),
  IMEI_CONCURRENCY: setting(
    '8',
    'IMEI checks that are asked of the provider at once, over all processes',
    count(1, 1_000),
  ),
  IMEI_TIMEOUT: setting('20s', 'bound on one whole exchange with the IMEI provider', duration(100, 300_000)),
  IMEI_CHECKS_PER_DAY: setting(
    '1000',
    'IMEI checks a day of each person with all of their tokens; LEGACY_IMEI_TOKEN counts by itself',
    count(1, 100_000_000),
  ),
  LEADS_PER_MINUTE: setting(
    '10',
    'attempts a minute to leave a lead, and conflicts a day, of each anonymous address and of each person without the permission to write leads',
    count(1, 1_000_000),
  ),
  LOGINS_PER_15_MINUTES: setting(
    '5',
    'wrong passwords for one login from one address before it has to wait',
    count(1, 1_000_000),
  ),
  REQUESTS_PER_MINUTE: setting(
    '600',
    'requests of each address that is not signed in; a request counts once more for every 16 kB of its body',
    count(1, 100_000_000),
  ),
  USER_REQUESTS_PER_MINUTE: setting('6000', 'requests of each person or token', count(1, 100_000_000)),
  WS_PER_ADDRESS: setting('200', 'sockets of each address', count(1, 1_000_000)),
  WS_PER_USER: setting('20', 'sockets of each person', count(1, 1_000_000)),
  WS_OPERATIONS: setting('50', 'operations of each socket', count(1, 100_000)),
  GRAPHQL_MAX_COST: setting(
    '5000',
    'cost of one operation: a leaf 0, an object 1, a list × its page size',
    count(1, 10_000_000),
  ),
  GRAPHQL_MAX_DEPTH: setting('10', 'levels of one operation', count(1, 100)),
  RETENTION_DAYS: setting(
    'events:7,traces:30,journal:90,audit:365',
    'days after which things are deleted by themselves',
    retention,
  ),
  ALERT_WEBHOOK_URL: setting('', 'where alarms are posted, beside the dashboard and the bot', url('http', 'https')),
  EGRESS_ALLOW_CIDR: setting(
    '',
    'private addresses that providers and webhooks may have; where empty none in production, else loopback, and beside SIMULATORS=<url> the private networks',
    cidrs,
  ),
  TELEGRAM_TOKEN: setting(
    '',
    "the bot's token; no bot where empty",
    z.string().regex(/^\d+:[A-Za-z0-9_-]+$/, 'expected 123456:ABC… from BotFather'),
  ),
  TELEGRAM_API_ROOT: setting(
    'https://api.telegram.org',
    'where the Bot API is',
    url('http', 'https').transform((root) => root.replace(/(?<!\/)\/+$/, '')),
  ),
  LEGACY_OPEN: setting(
    '',
    'CIDR list of callers (`loopback` allowed) that may use the legacy mailing routes without a token',
    list
      .transform((values) => values.flatMap((value) => (value === 'loopback' ? ['127.0.0.0/8', '::1/128'] : [value])))
      .refine((values) => values.every(isCidr), 'expected loopback or CIDRs such as 10.0.0.0/8'),
  ),
  LOG_LEVEL: setting(
    'info',
    'trace, debug, info, warn, error, fatal or silent',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  ),
  LOG_FORMAT: setting(
    '',
    'pretty or json; pretty on a terminal, json otherwise where empty',
    z.enum(['pretty', 'json']),
  ),
  DRAIN_DELAY: setting(
    '',
    'how long /readyz answers 503 after SIGTERM while everything is still served, 15s at most; where empty 5s in production, else 0',
    duration(0, 15_000),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting('', 'OpenTelemetry collector; no traces where empty', url('http', 'https')),
} as const;

type Name = keyof typeof settings;
/** An empty default means "not set": the value may then be undefined. */
export type Config = {
  readonly [N in Name]: (typeof settings)[N]['schema'] extends z.ZodType<infer T>
    ? T | ((typeof settings)[N]['fallback'] extends '' ? undefined : never)
    : never;
};

export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads --name=value arguments over the environment over .env; throws one ConfigError with all problems. */
export function readConfig(argv: readonly string[] = process.argv.slice(2), root = process.cwd()): Config {
  const problems: string[] = [];
  const source = { ...readDotenv(resolve(root, '.env'), problems), ...process.env, ...readArguments(argv, problems) };
  const values: Record<string, unknown> = {};
  for (const [name, { fallback, schema }] of Object.entries(settings)) {
    const raw = source[name]?.trim() || fallback;
    const parsed = raw === '' ? undefined : schema.safeParse(raw);
    if (parsed && !parsed.success) problems.push(`${name}: ${parsed.error.issues[0]?.message ?? 'not understood'}`);
    values[name] = parsed?.data;
  }
  const config = values as Config;
  if (problems.length === 0 && config.NODE_ENV === 'production' && !config.ENCRYPTION_KEYS) {
    problems.push('ENCRYPTION_KEYS: required in production, e.g. k1:$(openssl rand -base64 32)');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** What `.env` sets, known or not. */
export const namesInDotenv = (root = process.cwd()): string[] => Object.keys(readDotenv(resolve(root, '.env'), []));

/** For a process of ours that is started by this one. */
export const environmentWith = (given: Partial<Record<Name, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...given,
});

function readDotenv(path: string, problems: string[]): Record<string, string | undefined> {
  if (!existsSync(path)) return {};
  const content = readFileSync(path, 'utf8');
  content.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(#|$)/.test(line) || /^\s*(export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=/.test(line)) return;
    problems.push(`.env line ${index + 1}: expected NAME=value`);
  });
  return parseDotenv(content);
}

function readArguments(argv: readonly string[], problems: string[]): Record<string, string> {
  const given: Record<string, string> = {};
  for (const argument of argv) {
    const roles = /^--roles=(.+)$/.exec(argument)?.[1];
    if (roles) given.ROLES = roles;
    else problems.push(`${argument}: unknown argument; there are --roles=web,worker,bot and --help`);
  }
  return given;
}

function isCidr(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isRetentionKind(kind: string | undefined): kind is (typeof retentionKinds)[number] {
  return retentionKinds.some((known) => known === kind);
}
