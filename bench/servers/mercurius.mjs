// Mercurius on Fastify, with JIT where MERCURIUS_JIT says so; its document cache is on by default.
import { fastify } from 'fastify';
import { GraphQLScalarType } from 'graphql';
import mercurius from 'mercurius';
import { dateTime, peerParts, ready, sdl } from './rows.mjs';

const { contextFor, resolvers } = peerParts(process.env.DATABASE_URL);
const server = fastify();
const jit = Number(process.env.MERCURIUS_JIT ?? 0);
await server.register(mercurius, {
  schema: sdl,
  resolvers: { ...resolvers, DateTime: new GraphQLScalarType(dateTime) },
  context: contextFor,
  ...(jit > 0 && { jit }),
});
ready(await server.listen({ port: 0, host: '127.0.0.1' }));
