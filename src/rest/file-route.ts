// Declares the routes whose body is one file, streamed to the service that takes it, and those that answer with a file.

import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseInput } from '../domain/input.js';
import type { Services } from '../domain/services.js';
import { badInput, badInputs, Failure, unsupportedFile } from '../shared/errors.js';
import { locationHeader, type Operation } from './operation.js';
import { idempotencyKeyOf, mountRoutes, type RestRoute, type RunUnit } from './route.js';

export interface Upload {
  readonly name: string;
  /** Ends only when the whole form was read and found to be one file; throws where it is not, or breaks off. */
  readonly bytes: AsyncIterable<Buffer>;
}

type About = Pick<Operation, 'id' | 'path' | 'policy' | 'tag' | 'summary'> & { readonly says: string };

interface UploadDeclaration<R extends z.ZodType> extends About {
  readonly response: R;
  readonly location: (result: z.output<R>) => string;
  readonly run: (services: Services, upload: Upload, idempotencyKey?: string) => Promise<z.output<R>>;
}

interface UploadOrJsonDeclaration<B extends z.ZodType, Q extends z.ZodObject, R extends z.ZodType> extends About {
  /** What may be sent instead of a file. */
  readonly body: B;
  /** What goes with a file. */
  readonly query: Q;
  readonly response: R;
  readonly location: (result: z.output<R>) => string;
  readonly run: (
    services: Services,
    /** As it came: the service parses it. */
    sent: { readonly file: Upload; readonly query: z.output<Q> } | { readonly body: z.input<B> },
    idempotencyKey?: string,
  ) => Promise<z.output<R>>;
}

interface FileDeclaration<P extends z.ZodObject, Q extends z.ZodObject> extends About {
  readonly params: P;
  readonly query: Q;
  readonly contentType: string;
  readonly run: (
    services: Services,
    incoming: { readonly params: z.output<P>; readonly query: z.output<Q> },
  ) => Promise<{ readonly name: string; readonly text: AsyncIterable<string> }>;
}

/** Takes one file and answers 202: what is to be done with it goes on afterwards. */
export function upload<R extends z.ZodType>(declaration: UploadDeclaration<R>): RestRoute {
  const { run, response, says, location, ...about } = declaration;
  return {
    operation: {
      ...about,
      method: 'POST',
      idempotent: true,
      body: oneFile,
      bodyTypes: ['multipart/form-data'],
      answers: [{ status: 202, description: says, schema: response, headers: locationHeader }],
    },
    handle: async (unit, request, reply) => {
      const result = await unit(request.viewer, async (services) =>
        run(services, await uploadOf(request), idempotencyKeyOf(request)),
      ).catch((error: unknown) => discardBody(request, reply, error));
      return reply.code(202).header('location', location(result)).send(z.encode(response, result));
    },
  };
}

/** Takes one file, or JSON that says the same, and answers 202. */
export function uploadOrJson<B extends z.ZodType, Q extends z.ZodObject, R extends z.ZodType>(
  declaration: UploadOrJsonDeclaration<B, Q, R>,
): RestRoute {
  const { run, response, says, location, body, ...about } = declaration;
  return {
    operation: {
      ...about,
      method: 'POST',
      idempotent: true,
      body,
      form: oneFile,
      bodyTypes: ['application/json', 'multipart/form-data'],
      answers: [{ status: 202, description: says, schema: response, headers: locationHeader }],
    },
    handle: async (unit, request, reply) => {
      const isJson = request.body !== undefined;
      const result = await unit(request.viewer, async (services) => {
        if (isJson) {
          refuseTermsOfFile(request);
          return run(services, { body: request.body as z.input<B> }, idempotencyKeyOf(request));
        }
        const query = parseInput(declaration.query, request.query);
        return run(services, { file: await uploadOf(request), query }, idempotencyKeyOf(request));
      }).catch((error: unknown) => (isJson ? Promise.reject(error) : discardBody(request, reply, error)));
      return reply.code(202).header('location', location(result)).send(z.encode(response, result));
    },
  };
}

/** Answers with a file to be saved, to whom the policy lets in and to whom a signed link does. */
export function signedFile<P extends z.ZodObject, Q extends z.ZodObject>(
  declaration: FileDeclaration<P, Q>,
): RestRoute {
  const { run, says, contentType, ...about } = declaration;
  return {
    operation: {
      ...about,
      method: 'GET',
      signed: true,
      answers: [{ status: 200, description: says, schema: z.string(), contentType }],
    },
    handle: async (unit, request, reply) => {
      const params = parseInput(declaration.params, request.params);
      const query = parseInput(declaration.query, request.query);
      const { name, text } = await unit(request.viewer, (services) => run(services, { params, query }));
      return reply
        .headers({ 'content-disposition': `attachment; filename="${name}"`, 'cache-control': 'no-store' })
        .type(`${contentType}; charset=utf-8`)
        .send(Readable.from(text));
    },
  };
}

/** In a scope of their own: elsewhere a multipart body stays a media type that is not understood. */
export async function mountUploads(
  server: FastifyInstance,
  routes: readonly RestRoute[],
  unit: RunUnit,
): Promise<void> {
  const plugin: FastifyPluginAsync = async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false, limits: formLimits });
    // Left to the handler, which knows who asks and says how a file is sent.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    mountRoutes(
      scope,
      routes.map((route) => ({ ...route, config: { ...route.config, streamed: true } })),
      unit,
    );
  };
  await server.register(plugin);
}

/** What a signed link brings. */
export const signedQuery = z.object({
  expires: z.string().max(20).optional().describe('Of a signed link: until when it opens, in seconds since 1970.'),
  signature: z.string().max(100).optional().describe('Of a signed link.'),
});

const oneFile = z.strictObject({ file: z.string().meta({ format: 'binary', description: 'One file.' }) });

/** How large the file itself may be is for the service to say, which knows what it is. */
const formLimits = { fileSize: Number.POSITIVE_INFINITY, files: 2, fields: 10, fieldSize: 1_024, headerPairs: 20 };

/** What is refused is read to its end for so long, so that the answer reaches a sender who does not listen before. */
const discardForMs = 10_000;

async function uploadOf(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart())
    throw unsupportedFile('send it as multipart/form-data in a field named file, as curl -F file=@people.csv does');
  const parts = request.parts();
  const first = await nextPart(parts);
  if (first?.type !== 'file') throw badInput('file', 'REQUIRED', 'send one file');
  return { name: first.filename, bytes: bytesOf(first, parts) };
}

async function* bytesOf({ file }: MultipartFile, parts: AsyncIterator<Multipart>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of file) yield chunk as Buffer;
  } catch (error) {
    throw unreadableForm(error);
  }
  if (await nextPart(parts)) throw badInput('file', 'TOO_MANY', 'send one file');
}

async function nextPart(parts: AsyncIterator<Multipart>): Promise<Multipart | undefined> {
  const next = await parts.next().catch((error: unknown) => {
    throw unreadableForm(error);
  });
  if (next.done) return undefined;
  parseInput(oneFile.partial(), { [next.value.fieldname]: '' });
  return next.value;
}

/** With JSON they would have no effect, and a limit that has none costs money. */
function refuseTermsOfFile({ query }: FastifyRequest): void {
  const message = 'goes with a file; with JSON it is a key of the body';
  const faults = Object.keys(query as object).map((path) => ({ path, code: 'WITHOUT_FILE' as const, message }));
  if (faults.length > 0) throw badInputs(faults);
}

/** Whatever the parser has to say is about what was sent. */
const unreadableForm = (cause: unknown): Failure =>
  new Failure('BAD_USER_INPUT', "The form broke off or can't be read: send one file as multipart/form-data.", {
    cause,
  });

async function discardBody({ raw }: FastifyRequest, reply: FastifyReply, error: unknown): Promise<never> {
  raw.unpipe();
  raw.resume();
  await finished(raw, { writable: false, signal: AbortSignal.timeout(discardForMs) }).catch(() =>
    reply.header('connection', 'close'),
  );
  throw error;
}
