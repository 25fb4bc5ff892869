// What taking a lead in costs at least: Fastify with one route and one statement. /plain writes the four values as they came into
// a table of their own; /same writes ready-made bytes of the same size into a table like ours, with all of its indexes.
import { randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { poolSize, ready } from './rows.mjs';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: poolSize });
const server = fastify();

const plainSql = `insert into plain_lead (name, email, phone, ip_address) values ($1, $2, $3, $4) returning id, created_at`;
const sameSql = `insert into same_lead (name, sealed_key, email, phone, ip_address, email_a, phone_a, domain_a, last_four_a)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id, created_at`;

const text = (bytes) => randomBytes(bytes).toString('base64url');
const [sealedKey, domain] = [text(72), randomBytes(32)];

server.post('/plain', async ({ body: { name, email, phone }, headers }, reply) => {
  const address = headers['x-forwarded-for'];
  const { rows } = await pool.query(plainSql, [name, email, phone, address]);
  return reply.code(201).send(shown(rows[0], { name, email, phone, address }));
});

server.post('/same', async ({ body: { name, email, phone }, headers }, reply) => {
  const address = headers['x-forwarded-for'];
  const digests = [randomBytes(32), randomBytes(32), domain, randomBytes(32)];
  const { rows } = await pool.query(sameSql, [name, sealedKey, text(48), text(42), address, ...digests]);
  return reply.code(201).send(shown(rows[0], { name, email, phone, address }));
});

const shown = ({ id, created_at }, { name, email, phone, address }) => {
  return { id, name, email, phone, ip_address: address, created_at, timestamp: created_at };
};

ready(await server.listen({ port: 0, host: '127.0.0.1' }));
