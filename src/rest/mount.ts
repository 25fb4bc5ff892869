// The whole REST door: which routes there are, and the document that describes them.
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { clientRoutes } from './clients.routes.js';
import { mountDocs } from './docs.routes.js';
import { mountUploads } from './file-route.js';
import { takeMultipart } from './form-body.js';
import { healthOperations } from './health.operations.js';
import { imeiBatchOrders, imeiBatchRoutes } from './imei-batches.routes.js';
import { imeiCheckRoutes } from './imei-checks.routes.js';
import { imeiVerdictRoutes } from './imei-verdicts.routes.js';
import { importRoutes, importUploads } from './imports.routes.js';
import { leadExportRoutes } from './lead-export.routes.js';
import { mountLeadForm } from './lead-form.routes.js';
import { leadRoutes, mountLeads } from './leads.routes.js';
import { legacyClientRoutes } from './legacy-client.routes.js';
import { legacyImeiRoutes } from './legacy-imei.routes.js';
import { legacyMailingRoutes } from './legacy-mailing.routes.js';
import { mountLegacy } from './legacy-route.js';
import { mailingRoutes } from './mailings.routes.js';
import { messageRoutes } from './messages.routes.js';
import { oauthOperations } from './oauth.operations.js';
import { mountOauth } from './oauth.routes.js';
import { type OpenapiDocument, openapiDocument } from './openapi.js';
import { rehearsalRoutes } from './rehearsals.routes.js';
import { mountRoutes, type RestRoute, type RunUnit } from './route.js';
import { simulatorRoutes } from './simulators.routes.js';
import { suppressionRoutes } from './suppressions.routes.js';
import { tokenRoutes } from './tokens.routes.js';
import { userRoutes } from './users.routes.js';

export interface RestOptions {
  readonly unit: RunUnit;
  readonly version: string;
  readonly publicUrl: string | undefined;
}

const routes: readonly RestRoute[] = [
  ...userRoutes,
  ...tokenRoutes,
  ...clientRoutes,
  ...suppressionRoutes,
  ...importRoutes,
  ...mailingRoutes,
  ...messageRoutes,
  ...rehearsalRoutes,
  ...leadExportRoutes,
  ...imeiCheckRoutes,
  ...imeiBatchRoutes,
  ...simulatorRoutes,
  ...imeiVerdictRoutes,
];

const uploads: readonly RestRoute[] = [...importUploads, ...imeiBatchOrders];
const legacyRoutes: readonly RestRoute[] = [...legacyClientRoutes, ...legacyMailingRoutes];

export async function mountRest(server: FastifyInstance, { unit, version, publicUrl }: RestOptions): Promise<void> {
  const forms: FastifyPluginAsync = async (scope) => {
    takeMultipart(scope);
    mountLeads(scope, unit);
    mountRoutes(scope, legacyImeiRoutes, unit);
  };
  mountOauth(server, { unit, publicUrl });
  mountRoutes(server, routes, unit);
  mountLeadForm(server);
  await server.register(forms);
  await mountUploads(server, uploads, unit);
  await mountLegacy(server, legacyRoutes, unit);
  await server.register(mountDocs, { document: describeRest(version, publicUrl), publicUrl });
}

export const describeRest = (version: string, publicUrl?: string): OpenapiDocument =>
  openapiDocument(
    [
      ...oauthOperations,
      ...[...routes, ...leadRoutes, ...legacyImeiRoutes, ...uploads, ...legacyRoutes].map(({ operation }) => operation),
      ...healthOperations,
    ],
    {
      version,
      publicUrl,
    },
  );
