// What the OAuth 2.0 endpoints take and answer, for the OpenAPI document. No I/O.
import { z } from 'zod';
import { scopes } from '../entities/account.enums.js';
import type { Operation } from './operation.js';

export const grantTypes = ['password', 'refresh_token'] as const;

/** Every other parameter is ignored, as RFC 6749 section 3.2 wants it. */
export const oauthParameters = {
  grant_type: z.enum(grantTypes),
  username: z.string().optional().describe('The login, for the password grant.'),
  password: z.string().optional().meta({ format: 'password' }),
  refresh_token: z.string().optional().describe('For the refresh_token grant; works once.'),
  client_id: z.string().optional().describe('Not needed.'),
  scope: z
    .string()
    .optional()
    .describe('Names separated by spaces: the session may do only that. Left out, it may do all that the role allows.'),
  token: z.string(),
} as const;

const { token, ...grantParameters } = oauthParameters;
const tokenParameters = z.object({ token });
const bodyTypes = ['application/x-www-form-urlencoded', 'application/json'] as const;
const failure = {
  description: 'What went wrong, as RFC 6749 says it.',
  schema: z.object({ error: z.string(), error_description: z.string() }).meta({ id: 'OAuthError' }),
};
const about = { method: 'POST', tag: 'Sign-in', bodyTypes, failure } as const;

/** RFC 8414 section 2. */
const metadata = z
  .object({
    issuer: z.url(),
    token_endpoint: z.url(),
    revocation_endpoint: z.url(),
    introspection_endpoint: z.url(),
    service_documentation: z.url(),
    scopes_supported: z.array(z.enum(scopes)),
    response_types_supported: z.array(z.never()).describe('Empty: no browser is sent here to sign in.'),
    grant_types_supported: z.array(z.enum(grantTypes)),
    token_endpoint_auth_methods_supported: z.array(z.literal('none')),
    revocation_endpoint_auth_methods_supported: z.array(z.literal('none')),
    introspection_endpoint_auth_methods_supported: z
      .array(z.literal('Bearer'))
      .describe('The very token that is asked about signs the request.'),
  })
  .meta({ id: 'OAuthMetadata' });

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
    path: '/.well-known/oauth-authorization-server',
    policy: 'open',
    tag: 'Sign-in',
    summary: 'Where the OAuth 2.0 endpoints are and what they take',
    answers: [{ status: 200, description: 'As RFC 8414 has it.', schema: metadata }],
    failure,
  },
  {
    ...about,
    path: '/oauth/token',
    policy: 'open',
    summary: 'A new session, for a login and a password or for a refresh token',
    body: z.object(grantParameters),
    answers: [
      {
        status: 200,
        description: 'The session.',
        schema: z.object({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.int().describe('Seconds.'),
          refresh_token: z.string(),
          scope: z.string().describe('Names separated by spaces.'),
        }),
      },
    ],
  },
  {
    ...about,
    path: '/oauth/revoke',
    policy: 'open',
    summary: 'Ends the session of an access or refresh token, or an API token',
    body: tokenParameters,
    answers: [{ status: 200, description: 'It opens nothing any more, or never did.' }],
  },
  {
    ...about,
    path: '/oauth/introspect',
    policy: 'introspectSelf',
    summary: 'What the token that signs this very request is worth',
    body: tokenParameters,
    answers: [
      {
        status: 200,
        description: '`active: false`, and nothing else, for every other token.',
        schema: z.object({
          active: z.boolean(),
          scope: z.string().optional(),
          username: z.string().optional(),
          sub: z.string().optional(),
          token_type: z.literal('Bearer').optional(),
          iat: z.int().optional(),
          exp: z.int().optional(),
        }),
      },
    ],
  },
];
