// The whole REST door: which routes there are, and the document that describes them.
import type { FastifyInstance } from 'fastify';
import { mountDocs } from './docs.routes.js';
import { healthOperations } from './health.operations.js';
import { oauthOperations } from './oauth.operations.js';
import { mountOauth } from './oauth.routes.js';
import { type OpenapiDocument, openapiDocument } from './openapi.js';
import { mountRoutes, type RestRoute, type RunUnit } from './route.js';
import { tokenRoutes } from './tokens.routes.js';
import { userRoutes } from './users.routes.js';

export interface RestOptions {
  readonly unit: RunUnit;
  readonly version: string;
  readonly publicUrl: string | undefined;
}

const routes: readonly RestRoute[] = [...userRoutes, ...tokenRoutes];

export async function mountRest(server: FastifyInstance, { unit, version, publicUrl }: RestOptions): Promise<void> {
  mountOauth(server, unit);
  mountRoutes(server, routes, unit);
  await server.register(mountDocs, { document: describeRest(version, publicUrl), publicUrl });
}

export const describeRest = (version: string, publicUrl?: string): OpenapiDocument =>
  openapiDocument([...oauthOperations, ...routes.map(({ operation }) => operation), ...healthOperations], {
    version,
    publicUrl,
  });
