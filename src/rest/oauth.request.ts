// The parameters of an OAuth 2.0 request, from a form or from JSON, and the form that the library wants to see. No I/O.
import OAuth2Server from '@node-oauth/oauth2-server';
import { oauthParameters } from './oauth.operations.js';

const { InvalidRequestError, Request } = OAuth2Server;

export type OauthParameters = Readonly<Record<string, string>>;

/** RFC 6749 section 3.2: no parameter twice, and an empty one counts as left out. */
export function readParameters(body: unknown): OauthParameters {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidRequestError('Send the parameters as a form or as a JSON object.');
  }
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(oauthParameters, name) || value === '' || value === null) continue;
    if (typeof value !== 'string') throw new InvalidRequestError(`Parameter \`${name}\` must be one string.`);
    parameters[name] = value;
  }
  return parameters;
}

export function parameter(parameters: OauthParameters, name: string): string {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) throw new InvalidRequestError(`Missing parameter: \`${name}\``);
  return value;
}

/** The library takes forms only and wants a client; whatever came is handed over as a form of our one public client. */
export function formRequest(parameters: OauthParameters): OAuth2Server.Request {
  return new Request({
    method: 'POST',
    query: {},
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' },
    body: { client_id: 'switchboard', ...parameters },
  });
}
