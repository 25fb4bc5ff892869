// The import law: kept by every file of ours, and each of its rows is able to refuse.
import { globSync, readFileSync } from 'node:fs';
import { breaches, zoneOf, zones } from '../../scripts/check/import-law.js';

const inSource = (path: string, ...imports: string[]): string[] =>
  breaches(path, imports.map((from) => `import { x } from '${from}';`).join('\n'));

it('is kept by every file', () => {
  const files = globSync(['src/**/*.ts', 'migrations/*.ts', 'tests/**/*.ts', 'scripts/**/*.ts']);
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap((path) => breaches(path, readFileSync(path, 'utf8')))).toEqual([]);
});

describe('the rows', () => {
  const allowed: Record<string, string[]> = {
    shared: ['shared'],
    config: [],
    telephony: ['telephony'],
    entities: ['shared', 'config', 'telephony', 'entities', 'entities/enums'],
    'entities/enums': ['entities/enums'],
    'jobs/catalog': ['shared', 'config', 'telephony'],
    auth: ['shared', 'config', 'telephony', 'entities', 'entities/enums', 'jobs/catalog', 'auth'],
    gateways: ['shared', 'gateways'],
    'gateways/dialer': ['shared', 'telephony', 'gateways', 'gateways/dialer'],
    domain: ['shared', 'config', 'telephony', 'entities', 'entities/enums', 'jobs/catalog', 'auth', 'domain'],
    schema: ['domain', 'auth', 'shared', 'jobs/catalog', 'entities/enums', 'schema'],
    resolvers: ['domain', 'auth', 'shared', 'jobs/catalog', 'entities/enums', 'schema', 'resolvers'],
    rest: ['domain', 'auth', 'shared', 'jobs/catalog', 'entities/enums', 'rest'],
    bot: ['domain', 'auth', 'shared', 'jobs/catalog', 'entities/enums', 'bot'],
    jobs: ['domain', 'auth', 'shared', 'jobs/catalog', 'entities/enums', 'jobs'],
    server: zones,
    roles: zones,
    app: zones,
    simulators: zones,
  };
  const files: Record<string, string> = {
    config: 'src/config.ts',
    app: 'src/app.ts',
    'jobs/catalog': 'src/jobs/catalog.ts',
    'entities/enums': 'src/entities/lead.enums.ts',
  };
  const fileOf = (zone: string): string => files[zone] ?? `src/${zone}/noun.ts`;

  it('have an example each', () => {
    expect(Object.keys(allowed)).toEqual(zones);
    expect(zones.map((zone) => zoneOf(fileOf(zone)))).toEqual(zones);
  });

  it.each(zones)('%s imports what it may and nothing else', (zone) => {
    const open = zones.filter((target) => {
      const specifier = `${'../'.repeat(fileOf(zone).split('/').length - 2) || './'}${fileOf(target).slice(4, -3)}.js`;
      return inSource(fileOf(zone), specifier).length === 0;
    });
    const own = zone === 'config' || zone === 'jobs/catalog' ? [zone] : [];
    expect(open.sort()).toEqual([...new Set([...(allowed[zone] ?? []), ...own])].sort());
  });

  it('let types of entities through the doors, and types of ports into the domain', () => {
    const type = (path: string, from: string): string[] => breaches(path, `import type { X } from '${from}';`);
    expect(type('src/schema/lead.type.ts', '../entities/lead.entity.js')).toEqual([]);
    expect(type('src/domain/leads/lead.service.ts', '../../gateways/imei/port.js')).toEqual([]);
    expect(type('src/schema/lead.type.ts', '../server/ws.js')).toHaveLength(1);
    expect(breaches('src/schema/lead.type.ts', "import { type X } from '../entities/lead.entity.js';")).toHaveLength(1);
  });

  it.each([
    'graphql',
    'type-graphql',
    '@apollo/server',
    'graphql-ws',
    'fastify',
    '@fastify/cors',
    'telegraf',
    'agenda',
    '@agendajs/mongo-backend',
    'node:http',
    'ws',
  ])('keep %s out of the domain', (from) => {
    expect(inSource('src/domain/leads/lead.service.ts', from)).toEqual([
      `src/domain/leads/lead.service.ts: domain never imports ${from}`,
    ]);
  });

  it.each(['@mikro-orm/postgresql', 'zod', 'node:crypto'])('let %s into it', (from) => {
    expect(inSource('src/domain/leads/lead.service.ts', from)).toEqual([]);
  });
});

describe('every way of importing', () => {
  it.each([
    "import x from '../server/ws.js';",
    "import '../server/ws.js';",
    "export { x } from '../server/ws.js';",
    "export * from '../server/ws.js';",
    "const x = await import('../server/ws.js');",
    "type X = import('../server/ws.js').X;",
    "class A { @Field(() => B) b = import('../server/ws.js'); }",
  ])('is seen: %s', (source) => {
    expect(breaches('src/schema/lead.type.ts', source)).toHaveLength(1);
  });

  it('stays within src/, but for the list of migrations', () => {
    expect(inSource('src/server/migrations.ts', '../../migrations/Migration20261120000000.js')).toEqual([]);
    expect(inSource('src/domain/work.ts', '../../tests/support/peers.js')).toHaveLength(1);
    expect(inSource('migrations/Migration20261120000000.ts', '../src/config.js')).toHaveLength(1);
  });
});

describe('names', () => {
  it.each([
    'src/shared/utils.ts',
    'src/domain/leads/lead.helpers.ts',
    'tests/support/common.ts',
    'src/auth/token-manager.ts',
    'src/shared/helpers/text.ts',
  ])('refuses %s as saying nothing', (path) => {
    expect(breaches(path, '')).toHaveLength(1);
  });

  it.each(['src/domain/leads/index.ts', 'src/domain/leads/LeadService.ts', 'src/domain/leads/lead_service.ts'])(
    'refuses %s',
    (path) => {
      expect(breaches(path, '')).toHaveLength(1);
    },
  );

  it.each(['src/domain/leads/lead.service.ts', 'src/bot/texts.ru.ts', 'migrations/Migration20261120000000.ts'])(
    'takes %s',
    (path) => {
      expect(breaches(path, '')).toEqual([]);
    },
  );

  it('refuses a folder without a row', () => {
    expect(breaches('src/services/lead.ts', '')).toEqual([
      'src/services/lead.ts: src/ has no folder services; see docs/ARCHITECTURE.md',
    ]);
  });
});
