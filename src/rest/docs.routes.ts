// The OpenAPI document at /openapi.json and Swagger UI over it at /docs/, with nothing fetched from elsewhere.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyPluginAsync } from 'fastify';
import { favicon, pageStyle, wordmark } from './docs.look.js';
import type { OpenapiDocument } from './openapi.js';

export interface DocsOptions {
  readonly document: OpenapiDocument;
  /** Where calls go to when they are tried, if that is not where the page comes from. */
  readonly publicUrl?: string | undefined;
}

const open = { policy: 'open', anonymous: true } as const;

export const mountDocs: FastifyPluginAsync<DocsOptions> = async (server, { document, publicUrl }) => {
  server.get('/openapi.json', { config: open }, () => document);
  server.addHook('onRoute', (route) => {
    route.config = { ...open, ...route.config };
  });
  await server.register(swagger, { mode: 'static', specification: { document } });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy(publicUrl),
    logo: { type: 'image/svg+xml', content: wordmark, href: '/' },
    theme: {
      title: 'Switchboard · REST API',
      css: [{ filename: 'switchboard.css', content: pageStyle }],
      favicon: [{ filename: 'switchboard.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: favicon }],
    },
    uiConfig: {
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      defaultModelRendering: 'example',
      docExpansion: 'list',
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: false,
      tryItOutEnabled: true,
      validatorUrl: null,
    },
    initOAuth: { clientId: 'switchboard', clientSecret: '' },
  });
};

/** Swagger UI styles elements through the DOM, which no policy forbids; its pictures are data URLs. */
function contentSecurityPolicy(publicUrl: string | undefined): string {
  const calls = ["'self'", ...(publicUrl ? [new URL(publicUrl).origin] : [])].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    // The one style element in its page.
    "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
    "img-src 'self' data:",
    `connect-src ${calls}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
