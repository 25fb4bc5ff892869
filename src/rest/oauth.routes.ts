// OAuth 2.0 for our own clients: the password and refresh grants of RFC 6749, revocation (RFC 7009) and introspection
// (RFC 7662). RFC 9700 forbids the password grant to strangers' clients; there are none here, and the dialler's clients need it.
import OAuth2Server from '@node-oauth/oauth2-server';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SessionService } from '../domain/accounts/sessions.service.js';
import { type NewSession, scopesOfRole } from '../domain/accounts/sessions.service.js';
import { Failure, isError } from '../shared/errors.js';
import { presentOauthFailure } from './oauth.operations.js';
import { formRequest, type OauthParameters, parameter, readParameters } from './oauth.request.js';
import type { RunUnit } from './route.js';

const { AbstractGrantType, InvalidGrantError, InvalidRequestError, OAuthError, Response, UnsupportedGrantTypeError } =
  OAuth2Server;

const grants = ['password', 'refresh_token'];

type Exchange = (parameters: OauthParameters) => Promise<NewSession>;

export function mountOauth(server: FastifyInstance, unit: RunUnit): void {
  const config = { policy: 'open', anonymous: true, presentFailure: presentOauthFailure } as const;

  server.post('/oauth/token', { config }, async ({ body, viewer }, reply) => {
    const sessions = <T>(work: (sessions: SessionService) => Promise<T>) =>
      unit(viewer, (services) => work(services.sessions));
    return answer(reply, async () => {
      const response = new Response();
      const parameters = readParameters(body);
      if (!grants.includes(parameter(parameters, 'grant_type')))
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
      getClient: async (id) => ({ id, grants }),
      getAccessToken: async () => null,
      saveToken: async (token) => token,
    },
    requireClientAuthentication: { password: false, refresh_token: false },
    allowExtendedTokenAttributes: true,
    extendedGrantTypes: {
      password: grantType((given) =>
        sessions((service) =>
          service.signIn({ login: parameter(given, 'username'), password: parameter(given, 'password') }),
        ),
      ),
      refresh_token: grantType((given) => sessions((service) => service.refresh(parameter(given, 'refresh_token')))),
    },
  });
}

function grantType(exchange: Exchange): typeof AbstractGrantType {
  return class extends AbstractGrantType {
    override async handle(request: OAuth2Server.Request, client: OAuth2Server.Client): Promise<OAuth2Server.Token> {
      this.getScope(request);
      const { accessToken, refreshToken, expiresIn, user } = await exchange(request.body).catch(refused);
      return { accessToken, refreshToken, expires_in: expiresIn, scope: [...scopesOfRole(user.role)], client, user };
    }
  };
}

function refused(error: unknown): never {
  if (error instanceof Failure && error.code === 'UNAUTHENTICATED') throw new InvalidGrantError(error.message);
  if (error instanceof Failure && error.code === 'BAD_USER_INPUT') throw new InvalidRequestError(error.message);
  throw error;
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
