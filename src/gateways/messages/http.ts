// The message gateway over HTTP: POST {url}/v1/send/{id}.
import type { Egress } from '../../shared/egress.js';
import { ProviderLine, type RequestBody } from '../../shared/provider-line.js';
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
  const bodyOf = bodyWriter();
  return {
    send: (message, timeoutMs) =>
      line.ask({ method: 'POST', path: `/v1/send/${message.id}`, body: bodyOf(message), timeoutMs }, outcomeOf),
    close: async () => line.close(),
  };
}

/** By hand, because ids and phones are integers beyond what a number holds exactly. One text goes to many. */
function bodyWriter(): (message: OutgoingMessage) => RequestBody {
  let known: string | undefined;
  let rest = Buffer.alloc(0);
  return ({ id, phone, text }) => {
    if (text !== known) {
      known = text;
      rest = Buffer.from(`${JSON.stringify(text)}}`);
    }
    return { start: `{"id":${id},"phone":${phone},"text":`, rest };
  };
}
