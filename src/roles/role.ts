// What a role brings to the HTTP server of its process.
import type { FastifyInstance } from 'fastify';

export interface WebRole {
  mount(server: FastifyInstance): Promise<void>;
  /** Once the server listens; sockets hang on it. */
  listening(server: FastifyInstance): void;
  drain(withinMs: number): Promise<void>;
}
