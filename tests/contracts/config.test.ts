// The generated documents say what the code says, and what is wrong in a configuration is told all at once.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'dotenv';
import {
  configurationDocument,
  environmentExample,
  errorsDocument,
  permissionsDocument,
} from '../../scripts/check/documents.js';
import { permissionTable } from '../../scripts/check/permission-table.js';
import { may } from '../../src/auth/policies.js';
import { ConfigError, readConfig, settings } from '../../src/config.js';
import { roles, scopes } from '../../src/entities/account.enums.js';
import { rootFields } from '../../src/schema/permissions.js';
import { composeNames } from '../../src/server/unknown-settings.js';
import { detailsOf, errorCodeNames, errorCodes } from '../../src/shared/errors.js';

const read = (path: string): string => readFileSync(path, 'utf8');

describe('what the documents say', () => {
  it('is what the settings are', () => {
    expect(read('docs/CONFIGURATION.md')).toBe(configurationDocument(settings));
    expect(read('.env.example')).toBe(environmentExample(settings));
  });

  it('is what the error codes are', () => {
    expect(read('docs/ERRORS.md')).toBe(errorsDocument({ errorCodes, errorCodeNames, detailsOf }));
  });

  it('is what the policies are', () => {
    const table = permissionTable({ may, rootFields, roles, scopes });
    expect(read('docs/PERMISSIONS.md')).toBe(permissionsDocument(table));
  });

  it('names every setting, with its default', () => {
    const example = parse(read('.env.example').replaceAll(/^#(?=[A-Z0-9_]+=)/gm, ''));
    const defaults = Object.entries(settings).map(([name, { fallback }]) => [name, fallback]);
    expect(example).toEqual(Object.fromEntries(defaults));
  });
});

it('.env holds what docker-compose.yml reads of it for itself, and nobody is told that it were misspelt', () => {
  const variables = read('docker-compose.yml').matchAll(/(?<!\$)\$\{(\w+):-/g);
  const own = new Set([...variables].flatMap(([, name = '']) => (Object.hasOwn(settings, name) ? [] : [name])));
  expect([...own].sort()).toEqual(composeNames);
});

describe('a configuration', () => {
  const environment = { ...process.env };
  let root: string;
  const fileSays = (lines: string): void => writeFileSync(join(root, '.env'), lines);
  const problemsOf = (argv: string[] = []): readonly string[] => {
    try {
      readConfig(argv, root);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'config-'));
    for (const name of Object.keys(settings)) delete process.env[name];
  });
  afterEach(() => {
    Object.assign(process.env, environment);
    rmSync(root, { recursive: true });
  });

  it('works by its defaults', () => {
    fileSays(
      Object.entries(settings)
        .map(([name, { fallback }]) => `${name}=${fallback}`)
        .join('\n'),
    );
    expect(problemsOf()).toEqual([]);
  });

  it('is told all of its mistakes at once, by name and with what was expected', () => {
    fileSays(
      [
        'PORT=70000',
        'DEFAULT_TIMEZONE=UTC+3',
        'DATABASE_URL=mysql://localhost/x',
        'TRUSTED_PROXIES=true',
        'ENCRYPTION_KEYS=k1:short',
        'RETENTION_DAYS=events:0',
        'IMEICHECK_URL=api.imeicheck.net',
        'IMEICHECK_TOKEN=two words',
        'IMEICHECK_SERVICES=apple:1',
        'IMEI_CONCURRENCY=0',
        'IMEI_TIMEOUT=20',
        'ROLES=web,cook',
        'CORS_ORIGINS=app.example',
        'this is no setting',
      ].join('\n'),
    );
    expect(problemsOf()).toEqual([
      '.env line 14: expected NAME=value',
      'PORT: expected a whole number from 0 to 65535',
      'DEFAULT_TIMEZONE: expected an IANA time zone such as Europe/Moscow',
      'ROLES: expected some of web,worker,bot,simulators',
      'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://',
      'ENCRYPTION_KEYS: expected kid:base64 of 32 bytes, several separated by commas',
      'TRUSTED_PROXIES: expected a list of CIDRs such as 10.0.0.0/8,::1/128',
      'CORS_ORIGINS: expected origins such as https://app.example',
      'IMEICHECK_URL: expected a URL that begins with http:// or https://',
      'IMEICHECK_TOKEN: expected a token of letters, digits and signs',
      'IMEICHECK_SERVICES: expected brand:service, each once, and other: such as apple:1,other:22',
      'IMEI_CONCURRENCY: expected a whole number from 1 to 1000',
      'IMEI_TIMEOUT: expected a time such as 500ms, 10s or 2m, from 0.1 s to 300 s',
      'RETENTION_DAYS: expected days such as events:7,traces:30,journal:90,audit:365',
    ]);
  });

  it('names what it does not know on the command line', () => {
    expect(problemsOf(['--port=1'])).toEqual([expect.stringContaining('--port=1')]);
  });

  it('wants keys in production', () => {
    fileSays('NODE_ENV=production');
    expect(problemsOf()).toEqual([expect.stringMatching(/^ENCRYPTION_KEYS: required in production/)]);
  });

  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['15s', 15_000],
  ])('lets DRAIN_DELAY be %s', (value, milliseconds) => {
    fileSays(`DRAIN_DELAY=${value}`);
    expect(readConfig([], root).DRAIN_DELAY).toBe(milliseconds);
  });

  it.each(['5', '-1s', '16s', '1h', 's'])('does not let DRAIN_DELAY be %s', (value) => {
    fileSays(`DRAIN_DELAY=${value}`);
    expect(problemsOf()).toEqual(['DRAIN_DELAY: expected a time such as 500ms, 10s or 2m, from 0 s to 15 s']);
  });

  it('takes the command line before the environment, and that before .env', () => {
    fileSays('ROLES=bot\nPORT=1\nWS_OPERATIONS=7');
    process.env.ROLES = 'web';
    process.env.PORT = '2';
    const { ROLES, PORT, WS_OPERATIONS } = readConfig(['--roles=worker'], root);
    expect({ ROLES, PORT, WS_OPERATIONS }).toEqual({ ROLES: ['worker'], PORT: 2, WS_OPERATIONS: 7 });
  });

  it.each([
    ['apple:1,other:22', 22, { apple: 1, other: 22 }],
    [' Other : 24 , Apple:2,sony ericsson:7', 24, { other: 24, apple: 2, 'sony ericsson': 7 }],
  ])('knows services by brand: %s', (value, other, byBrand) => {
    fileSays(`IMEICHECK_SERVICES=${value}`);
    const services = readConfig([], root).IMEICHECK_SERVICES;
    expect({ other: services.other, byBrand: Object.fromEntries(services.byBrand) }).toEqual({ other, byBrand });
  });

  it.each([
    'apple',
    'apple:',
    ':1,other:2',
    'apple:x,other:1',
    'other:1,other:2',
    'apple:1,,apple:2,other:3',
    'apple:1',
  ])('takes no service by brand from %s', (value) => {
    fileSays(`IMEICHECK_SERVICES=${value}`);
    expect(problemsOf()).toEqual([expect.stringMatching(/^IMEICHECK_SERVICES: expected brand:service/)]);
  });
});
