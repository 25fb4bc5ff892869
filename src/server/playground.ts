// GET /graphql in a browser, in development: GraphiQL over our own schema, subscriptions too, with nothing fetched from
// elsewhere. Its third version, because the fourth cannot be served without a bundler (docs/decisions/0003).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const require = createRequire(import.meta.url);

const assets = {
  'react.js': ['react', 'umd/react.production.min.js', 'text/javascript'],
  'react-dom.js': ['react-dom', 'umd/react-dom.production.min.js', 'text/javascript'],
  'graphiql.js': ['graphiql', 'graphiql.min.js', 'text/javascript'],
  'graphiql.css': ['graphiql', 'graphiql.min.css', 'text/css'],
} as const;

const config = { policy: 'open', anonymous: true } as const;

export function mountPlayground(server: FastifyInstance): void {
  server.get('/graphql', { config }, (request, reply) => {
    if (!request.headers.accept?.includes('text/html')) return reply.callNotFound();
    return reply.header('content-security-policy', contentSecurityPolicy).type('text/html; charset=utf-8').send(page);
  });
  server.get('/graphql/playground.js', { config }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script),
  );
  for (const [name, [module, file, type]] of Object.entries(assets)) {
    server.get(`/graphql/assets/${name}`, { config }, (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'max-age=3600')
        .send(readFileSync(fileOf(module, file))),
    );
  }
}

/** By way of package.json, which every package exports; not all export their bundles. */
const fileOf = (module: string, file: string): string => join(dirname(require.resolve(`${module}/package.json`)), file);

/** CodeMirror writes styles in line; the fonts of GraphiQL are data URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Switchboard · GraphQL</title>
<link rel="stylesheet" href="/graphql/assets/graphiql.css">
<style>body { margin: 0 } #playground { height: 100vh }</style>
</head>
<body>
<div id="playground">Loading…</div>
<script src="/graphql/assets/react.js"></script>
<script src="/graphql/assets/react-dom.js"></script>
<script src="/graphql/assets/graphiql.js"></script>
<script src="/graphql/playground.js"></script>
</body>
</html>
`;

const welcome = `# Ctrl-Enter runs, Ctrl-Space completes,
# the book on the left explains every field.

# 1. Sign in. The first start printed the password.
mutation SignIn {
  signIn(login: "admin", password: "…") {
    accessToken
  }
}

# 2. Open "Headers" below and put the token in:
#    { "Authorization": "Bearer sb_at_…" }
query Me {
  viewer {
    user { login role }
    abilities
  }
}

# 3. Watch what has to be looked at, live:
subscription Alarms {
  alarms { message since }
}
`;

const script = `
const here = location.origin + location.pathname;
const fetcher = GraphiQL.createFetcher({ url: here, subscriptionUrl: here.replace(/^http/, 'ws') });
const element = React.createElement(GraphiQL, {
  fetcher,
  defaultQuery: ${JSON.stringify(welcome)},
  shouldPersistHeaders: true,
});
ReactDOM.createRoot(document.getElementById('playground')).render(element);
`;
