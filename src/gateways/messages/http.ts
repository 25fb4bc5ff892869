// The message gateway over HTTP: POST {url}/v1/send/{id}.
import type { Egress } from '../../shared/egress.js';
import { ProviderLine } from '../../shared/provider-line.js';
import { outcomeOf } from './answer.js';
import type { MessageGateway, OutgoingMessage } from './port.js';

export interface HttpMessageGatewayOptions {
  readonly url: string;
  /** Bearer token; none, no header. */
  readonly token: string | undefined;
  readonly connections: number;
  readonly egress: Egress;
}

const longestAnswer = 65_536;

export function httpMessageGateway({ url, token, connections, egress }: HttpMessageGatewayOptions): MessageGateway {
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const line = new ProviderLine({ url, headers, connections, longestAnswer, egress });
  return {
    send: async (message, timeoutMs) =>
      outcomeOf(await line.ask({ method: 'POST', path: `/v1/send/${message.id}`, body: bodyOf(message), timeoutMs })),
    close: () => line.close(),
  };
}

/** By hand, because ids and phones are integers beyond what a number holds exactly. */
const bodyOf = ({ id, phone, text }: OutgoingMessage): string =>
  `{"id":${id},"phone":${phone},"text":${JSON.stringify(text)}}`;
