// What the OAuth 2.0 endpoints take and answer, for the OpenAPI document. No I/O.
import { z } from 'zod';
import { scopes } from '../entities/account.enums.js';
import type { FailureKind, Operation } from './operation.js';
import type { PresentFailure } from './problem.js';

export const grantTypes = ['password', 'refresh_token'] as const;

/** Every other parameter is ignored, as RFC 6749 section 3.2 wants it. */
export const oauthParameters = {
  grant_type: z.enum(grantTypes).describe('What is given for the session.'),
  username: z.string().optional().describe('The login, for the password grant.'),
  password: z.string().optional().meta({ format: 'password', description: 'For the password grant.' }),
  refresh_token: z.string().optional().describe('For the refresh_token grant; works once.'),
  client_id: z.string().optional().describe('Not needed.'),
  scope: z
    .string()
    .optional()
    .describe('Names separated by spaces: the session may do only that. Left out, it may do all that the role allows.'),
  token: z.string().min(1).describe('An access token, a refresh token or an API token.'),
} as const;

const { token, ...grantParameters } = oauthParameters;
const tokenParameters = z.object({ token }).meta({ id: 'TokenRequest', description: 'Which token is meant.' });
const nothing = z.object({}).meta({ id: 'Nothing', description: 'An empty object.' });
const bodyTypes = ['application/x-www-form-urlencoded', 'application/json'] as const;

export const presentOauthFailure: PresentFailure = (failure, { status }) => {
  const error = failure.code === 'INTERNAL' ? 'server_error' : (oauthErrors[status] ?? 'invalid_request');
  const description = failure.code === 'INTERNAL' ? 'Something went wrong on our side.' : failure.message;
  return { contentType: 'application/json; charset=utf-8', body: { error, error_description: description } };
};

const oauthErrors: Readonly<Record<number, string>> = {
  401: 'invalid_token',
  403: 'insufficient_scope',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
};

const failure: FailureKind = {
  name: 'OAuthError',
  description: 'As RFC 6749 says it.',
  schema: z
    .object({
      error: z.string().describe('One of the codes of RFC 6749 or RFC 6750, e.g. invalid_grant.'),
      error_description: z.string().describe('What went wrong, in a sentence.'),
    })
    .meta({ id: 'OAuthError', description: 'What went wrong, as RFC 6749 says it.' }),
  present: presentOauthFailure,
};
const about = { method: 'POST', tag: 'Sign-in', bodyTypes, failure } as const;

/** RFC 8414 section 2. */
const metadata = z
  .object({
    issuer: z.url().describe('The URL of this server.'),
    token_endpoint: z.url().describe('Makes and renews sessions.'),
    revocation_endpoint: z.url().describe('Ends a session or an API token.'),
    introspection_endpoint: z.url().describe('Tells of a token whether it works.'),
    service_documentation: z.url().describe('For people.'),
    scopes_supported: z.array(z.enum(scopes)).describe('Names of all scopes.'),
    response_types_supported: z.array(z.never()).describe('Empty: no browser is sent here to sign in.'),
    grant_types_supported: z.array(z.enum(grantTypes)).describe('What a session is given for.'),
    token_endpoint_auth_methods_supported: z.array(z.literal('none')).describe('A client has no secret of its own.'),
    revocation_endpoint_auth_methods_supported: z.array(z.literal('none')).describe('The token itself is enough.'),
    introspection_endpoint_auth_methods_supported: z
      .array(z.literal('Bearer'))
      .describe('The very token that is asked about signs the request.'),
  })
  .meta({ id: 'OAuthMetadata', description: 'As RFC 8414 has it.' });

export function oauthMetadata(publicUrl: string): z.infer<typeof metadata> {
  const issuer = publicUrl.replace(/\/$/, '');
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    service_documentation: `${issuer}/docs/`,
    scopes_supported: [...scopes],
    response_types_supported: [],
    grant_types_supported: [...grantTypes],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint_auth_methods_supported: ['Bearer'],
  };
}

export const oauthOperations: readonly Operation[] = [
  {
    method: 'GET',
    id: 'getOAuthMetadata',
    path: '/.well-known/oauth-authorization-server',
    policy: 'open',
    tag: 'Sign-in',
    summary: 'Where the OAuth 2.0 endpoints are and what they take',
    answers: [{ status: 200, description: 'As RFC 8414 has it.', schema: metadata }],
    failure,
  },
  {
    ...about,
    id: 'createSession',
    path: '/oauth/token',
    policy: 'open',
    summary: 'A new session, for a login and a password or for a refresh token',
    body: z
      .object(grantParameters)
      .meta({ id: 'GrantRequest', description: 'The parameters of the password and refresh grants of RFC 6749.' }),
    answers: [
      {
        status: 200,
        description: 'The session.',
        schema: z
          .object({
            access_token: z.string().describe('For `Authorization: Bearer`.'),
            token_type: z.literal('Bearer').describe('How to send it.'),
            expires_in: z.int().describe('Seconds.'),
            refresh_token: z.string().describe('For the next session; works once.'),
            scope: z.string().describe('Names separated by spaces.'),
          })
          .meta({ id: 'Session', description: 'A new session.' }),
      },
    ],
  },
  {
    ...about,
    id: 'revokeToken',
    path: '/oauth/revoke',
    policy: 'open',
    summary: 'Ends the session of an access or refresh token, or an API token',
    body: tokenParameters,
    answers: [{ status: 200, description: 'It opens nothing any more, or never did.', schema: nothing }],
  },
  {
    ...about,
    id: 'introspectToken',
    path: '/oauth/introspect',
    policy: 'introspectSelf',
    summary: 'What the token that signs this very request is worth',
    body: tokenParameters,
    answers: [
      {
        status: 200,
        description: '`active: false`, and nothing else, for every other token.',
        schema: z
          .object({
            active: z.boolean().describe('Whether it opens anything.'),
            scope: z.string().optional().describe('Names separated by spaces.'),
            username: z.string().optional().describe('The login of its owner.'),
            sub: z.string().optional().describe('The id of its owner.'),
            token_type: z.literal('Bearer').optional().describe('How it is sent.'),
            iat: z.int().optional().describe('Issued at, in seconds since 1970.'),
            exp: z.int().optional().describe('Expires at, in seconds since 1970; absent where it does not.'),
          })
          .meta({ id: 'TokenState', description: 'What a token is worth, as RFC 7662 says it.' }),
      },
    ],
  },
];
