// OAuth 2.0 for our own clients: the password and refresh grants of RFC 6749, revocation (RFC 7009), introspection (RFC 7662)
// and metadata (RFC 8414). RFC 9700 forbids the password grant to strangers' clients; there are none here, and the dialler's clients need it.
import OAuth2Server from '@node-oauth/oauth2-server';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { NewSession, SessionService } from '../domain/accounts/sessions.service.js';
import { Failure, isError } from '../shared/errors.js';
import { grantTypes, oauthMetadata, presentOauthFailure } from './oauth.operations.js';
import { formRequest, type OauthParameters, parameter, readParameters } from './oauth.request.js';
import type { RunUnit } from './route.js';

const {
  AbstractGrantType,
  InvalidGrantError,
  InvalidRequestError,
  InvalidScopeError,
  OAuthError,
  Response,
  UnsupportedGrantTypeError,
} = OAuth2Server;

/** The scope by its names; undefined where none was asked for. */
type Exchange = (parameters: OauthParameters, scope: string[] | undefined) => Promise<NewSession>;

export interface OauthOptions {
  readonly unit: RunUnit;
  /** PUBLIC_URL; where it is not set, the host that a client asks is the issuer. */
  readonly publicUrl: string | undefined;
}

export function mountOauth(server: FastifyInstance, { unit, publicUrl }: OauthOptions): void {
  const config = { policy: 'open', anonymous: true, presentFailure: presentOauthFailure } as const;

  server.get('/.well-known/oauth-authorization-server', { config }, ({ protocol, host }, reply) =>
    reply.header('cache-control', 'no-store').send(oauthMetadata(publicUrl ?? `${protocol}://${host}`)),
  );

  server.post('/oauth/token', { config }, async ({ body, viewer }, reply) => {
    const sessions = <T>(work: (sessions: SessionService) => Promise<T>) =>
      unit(viewer, (services) => work(services.sessions));
    return answer(reply, async () => {
      const response = new Response();
      const parameters = readParameters(body);
      if (!grantTypes.some((known) => known === parameter(parameters, 'grant_type')))
        throw new UnsupportedGrantTypeError('Use password or refresh_token.');
      await tokenServer(sessions).token(formRequest(parameters), response);
      return reply.headers(response.headers ?? {}).send(response.body);
    });
  });

  server.post('/oauth/revoke', { config }, async ({ body, viewer }, reply) =>
    answer(reply, async () => {
      const token = parameter(readParameters(body), 'token');
      await unit(viewer, ({ sessions }) => sessions.revoke(token));
      return reply.header('cache-control', 'no-store').send({});
    }),
  );

  server.post(
    '/oauth/introspect',
    { config: { policy: 'introspectSelf', presentFailure: presentOauthFailure } },
    async ({ body, viewer }, reply) =>
      answer(reply, async () => {
        const token = parameter(readParameters(body), 'token');
        const known = await unit(viewer, ({ sessions }) => sessions.introspect(token));
        return reply.header('cache-control', 'no-store').send(known);
      }),
  );
}

/** The library reads the request, checks it and words the errors; rotation and reuse are the session service's. */
function tokenServer(sessions: <T>(work: (sessions: SessionService) => Promise<T>) => Promise<T>): OAuth2Server {
  return new OAuth2Server({
    model: {
      getClient: async (id) => ({ id, grants: [...grantTypes] }),
      getAccessToken: async () => null,
      saveToken: async (token) => token,
    },
    requireClientAuthentication: { password: false, refresh_token: false },
    allowExtendedTokenAttributes: true,
    extendedGrantTypes: {
      password: grantType((given, scope) =>
        sessions((service) =>
          service.signIn({ login: parameter(given, 'username'), password: parameter(given, 'password'), scope }),
        ),
      ),
      refresh_token: grantType((given, scope) =>
        sessions((service) => service.refresh(parameter(given, 'refresh_token'), { scope })),
      ),
    },
  });
}

function grantType(exchange: Exchange): typeof AbstractGrantType {
  return class extends AbstractGrantType {
    override async handle(request: OAuth2Server.Request, client: OAuth2Server.Client): Promise<OAuth2Server.Token> {
      const session = await exchange(request.body, this.getScope(request)).catch(refused);
      const { accessToken, refreshToken, expiresIn, user, scopes } = session;
      return { accessToken, refreshToken, expires_in: expiresIn, scope: [...scopes], client, user };
    }
  };
}

function refused(error: unknown): never {
  if (error instanceof Failure && error.code === 'UNAUTHENTICATED') throw new InvalidGrantError(error.message);
  if (!(error instanceof Failure) || error.code !== 'BAD_USER_INPUT') throw error;
  if (error.fields?.some(({ path }) => path === 'scope')) throw new InvalidScopeError(error.message);
  throw new InvalidRequestError(error.message);
}

async function answer(reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // What the library did not expect it wraps; the server's own translation knows better.
    if ('inner' in error && isError(error.inner)) throw error.inner;
    return reply
      .code(error.code)
      .header('cache-control', 'no-store')
      .send({ error: error.name, error_description: error.message });
  }
}
