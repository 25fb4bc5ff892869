// What every contestant serves: 50 rows of 8 fields, from memory or by one statement, behind one token look-up.
import pg from 'pg';
import { Authenticator } from '../../dist/src/auth/authenticate.js';
import { createLogger } from '../../dist/src/shared/logger.js';

export const poolSize = 20;

export const rowsSql = `select id::text as id, name, phone, tag, city, score, active, created_at as "createdAt"
  from bench_row order by id limit 50`;

export const createRows = `create table if not exists bench_row (id bigint primary key, name text not null, phone text not null,
    tag text, city text not null, score double precision not null, active boolean not null, created_at timestamptz not null);
  insert into bench_row select n, 'Person number ' || n, (79001230000 + n)::text, case when n % 3 > 0 then 'tag' || n end,
    'Москва', n * 1.5, n % 2 = 0, timestamptz '2026-01-01T00:00:00Z' + n * interval '1 hour 1 second'
  from generate_series(1, 500) n on conflict do nothing;`;

/** The same rows as in the table. */
export const memoryRows = Array.from({ length: 50 }, (_, index) => {
  const n = index + 1;
  return {
    id: String(n),
    name: `Person number ${n}`,
    phone: String(79_001_230_000 + n),
    tag: n % 3 > 0 ? `tag${n}` : null,
    city: 'Москва',
    score: n * 1.5,
    active: n % 2 === 0,
    createdAt: new Date(Date.UTC(2026, 0, 1) + n * 3_601_000),
  };
});

export const sdl = `
  scalar DateTime
  type BenchRow {
    id: ID! name: String! phone: String! tag: String city: String! score: Float! active: Boolean! createdAt: DateTime!
  }
  type Query { benchRows: [BenchRow!]! benchRowsDb: [BenchRow!]! }
`;

/** The text that our own scalar gives, for schemas that are made of another copy of graphql. */
export const dateTime = {
  name: 'DateTime',
  serialize(value) {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    throw new TypeError('DateTime: expected a valid Date');
  },
};

/** Our product's look-up, with its cache of one second, and resolvers that want somebody. */
export function peerParts(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  const authenticator = new Authenticator(pool, createLogger({ level: 'silent', format: 'json' }));
  const origin = { door: 'GRAPHQL', address: '127.0.0.1', loopback: true, requestId: 'bench' };
  const demand = ({ viewer }) => {
    if (viewer.identity.kind === 'nobody') throw new Error('Sign in first.');
  };
  return {
    contextFor: async ({ headers }) => ({
      viewer: await authenticator.viewer(headers.authorization?.slice('Bearer '.length), origin),
    }),
    resolvers: {
      Query: {
        benchRows: async (_source, _args, context) => {
          demand(context);
          return memoryRows;
        },
        benchRowsDb: async (_source, _args, context) => {
          demand(context);
          return (await pool.query(rowsSql)).rows;
        },
      },
    },
  };
}

/** Tells the bench where it listens and what it has used, and ends with it. */
export function ready(url) {
  process.send({ url });
  process.on('message', () => process.send(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
}
