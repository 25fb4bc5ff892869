// Who may import whom in src/ (docs/ARCHITECTURE.md has the reasons), and what no file may be called.
// Judges one source text at a time and knows no file system; a folder without a row may not exist.
import { posix } from 'node:path';
import { type Import, importsOf } from './imports.js';

interface Row {
  /** Zones that may be imported; a zone may always import itself. */
  readonly may: readonly string[];
  /** Zones of which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages that must never come in here. */
  readonly never?: RegExp;
}

const ground = ['shared', 'config', 'telephony'];
const tables = ['entities', 'jobs/catalog'];
const vocabulary = 'entities/enums';
const door: Row = { may: ['domain', 'auth', 'shared', 'jobs/catalog', vocabulary], types: ['entities'] };
const top = [
  'auth',
  'gateways',
  'gateways/dialer',
  'domain',
  'schema',
  'resolvers',
  'rest',
  'bot',
  'jobs',
  'server',
  'roles',
  'app',
  'simulators',
];
const everything: Row = { may: [...ground, ...tables, vocabulary, ...top] };
const transports =
  /^(graphql|type-graphql|@apollo\/|graphql-|fastify|@fastify\/|telegraf|agenda$|@agendajs\/|ws$|(node:)?https?$|(node:)?http2$)/;

/** A zone is a folder of src/, or a file of it that stands for itself. */
const law: Readonly<Record<string, Row>> = {
  shared: { may: [] },
  config: { may: [] },
  telephony: { may: [] },
  entities: { may: [...ground, vocabulary], never: transports },
  [vocabulary]: { may: [] },
  'jobs/catalog': { may: ground, never: transports },
  auth: { may: [...ground, ...tables, vocabulary] },
  gateways: { may: ['shared'] },
  'gateways/dialer': { may: ['shared', 'telephony', 'gateways'] },
  domain: {
    may: [...ground, ...tables, vocabulary, 'auth'],
    types: ['gateways', 'gateways/dialer'],
    never: transports,
  },
  schema: door,
  resolvers: { ...door, may: [...door.may, 'schema'] },
  rest: door,
  bot: door,
  jobs: door,
  server: everything,
  roles: everything,
  app: everything,
  simulators: everything,
};

export const zones = Object.keys(law);

/** What is wrong with the file at `path` (from the root of the project), one sentence each. */
export function breaches(path: string, source: string): string[] {
  const problems = nameProblems(path);
  if (!path.startsWith('src/')) return [...problems, ...strayImports(path, source)];
  const zone = zoneOf(path);
  const row = law[zone];
  if (!row) return [...problems, `${path}: src/ has no folder ${zone}; see docs/ARCHITECTURE.md`];
  const imports = importsOf(source);
  return [...problems, ...imports.flatMap((one) => importProblem({ path, zone, row }, one))];
}

/** The zone of a file of src/. */
export function zoneOf(path: string): string {
  const [first = '', second = ''] = path.replace(/^src\//, '').split('/');
  if (/^entities\/[^/]+\.enums\.ts$/.test(path.replace(/^src\//, ''))) return vocabulary;
  if (path === 'src/jobs/catalog.ts') return 'jobs/catalog';
  if (path.startsWith('src/gateways/dialer/')) return 'gateways/dialer';
  if (second) return first;
  return /^(app|main|admin|imei)\.ts$/.test(first) ? 'app' : first.replace(/\.ts$/, '');
}

interface Place {
  readonly path: string;
  readonly zone: string;
  readonly row: Row;
}

function importProblem({ path, zone, row }: Place, { from, typesOnly }: Import): string[] {
  if (!from.startsWith('.')) return row.never?.test(from) ? [`${path}: ${zone} never imports ${from}`] : [];
  const target = posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts');
  if (!target.startsWith('src/')) {
    return zone === 'server' && target.startsWith('migrations/')
      ? []
      : [`${path}: imports ${target} from outside of src/`];
  }
  const wanted = zoneOf(target);
  if (wanted === zone || row.may.includes(wanted)) return [];
  if (!row.types?.includes(wanted)) return [`${path}: ${zone} may not import ${wanted} (${from})`];
  return typesOnly ? [] : [`${path}: ${zone} may import only types of ${wanted} (${from})`];
}

/** Migrations outlive the code: they are history and lean on nothing that may still change. */
function strayImports(path: string, source: string): string[] {
  if (!path.startsWith('migrations/')) return [];
  return importsOf(source)
    .filter(({ from, typesOnly }) => from.startsWith('.') && !typesOnly)
    .map(({ from }) => `${path}: a migration may not import ${from}`);
}

const vague = /(^|[.-])(utils?|helpers?|common|managers?|misc)([.-]|$)/;

function nameProblems(path: string): string[] {
  const name = posix.basename(path);
  const spelled = /^(Migration\d{14}|[a-z0-9]+(-[a-z0-9]+)*)(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  return [
    ...(/^index\./.test(name) ? [`${path}: no barrels; import from the file that has it`] : []),
    ...(path.split('/').some((part) => vague.test(part))
      ? [`${path}: say what it answers for, not utils, helpers, common or manager`]
      : []),
    ...(spelled.test(name) ? [] : [`${path}: names are kebab-case`]),
  ];
}
