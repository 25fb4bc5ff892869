// Stock Apollo Server 5 on Fastify, as its documentation sets it up for production.
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import { GraphQLScalarType } from 'graphql';
import { dateTime, peerParts, ready, sdl } from './rows.mjs';

const { contextFor, resolvers } = peerParts(process.env.DATABASE_URL);
const server = fastify();
const apollo = new ApolloServer({
  typeDefs: sdl,
  resolvers: { ...resolvers, DateTime: new GraphQLScalarType(dateTime) },
  plugins: [fastifyApolloDrainPlugin(server)],
});
await apollo.start();
await server.register(fastifyApollo(apollo), { context: contextFor });
ready(await server.listen({ port: 0, host: '127.0.0.1' }));
