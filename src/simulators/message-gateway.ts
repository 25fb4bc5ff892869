// The simulated message gateway: takes messages as probe.fbrq.cloud does, in whatever mood it is in, and is asked and
// told about it beside. Plain node:http, because benches send through it as well.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayMood, gatewayMood } from '../shared/gateway-mood.js';
import { GatewayFigures, type SeenMessage } from './gateway-figures.js';
import { type Fate, fateOf } from './gateway-moods.js';
import { gatewayPage } from './gateway-page.js';
import { type Luck, pick } from './luck.js';
import { drip, sendReply } from './reply.js';
import type { Logged, RequestLog } from './request-log.js';
import { answerJson, parseJson, readBody, type Simulator } from './simulator.js';
import { Temper } from './temper.js';

type LoggedFields = Pick<SeenMessage, 'id' | 'outcome' | 'accepted'>;
export type GatewayLogEntry = Logged<LoggedFields>;

export interface MessageGatewayOptions {
  /** What senders have to show; nothing is asked of them where it is undefined. */
  readonly token?: string | undefined;
  readonly mood?: GatewayMood | undefined;
  /** Ids, moments and outcomes, no phones, no texts. */
  readonly log?: RequestLog<LoggedFields> | undefined;
  readonly goAway: (ms: number) => void;
}

const maxBody = 65_536;
const okBody = JSON.stringify({ code: 0, message: 'OK' });
const garbage = ['<html><body>It works!</body></html>', '{"message":"OK"}', '{"code":0,"mess', '', 'null'] as const;

export class MessageGatewaySimulator implements Simulator {
  readonly name = 'gateway';
  readonly #options: MessageGatewayOptions;
  readonly #figures = new GatewayFigures();
  readonly #temper: Temper<GatewayMood>;
  readonly #controls: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>>;

  constructor(options: MessageGatewayOptions) {
    this.#options = options;
    this.#temper = new Temper({ schema: gatewayMood, mood: options.mood, goAway: options.goAway });
    this.#controls = {
      ...this.#temper.controls,
      'GET /': gatewayPage,
      'GET /stats': (response) => {
        options.log?.flush();
        answerJson(response, 200, { ...this.#temper.state(), ...this.#figures.read() });
      },
      'DELETE /stats': (response) => {
        this.#figures.reset();
        response.writeHead(204).end();
      },
    };
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [, id] = /^\/v1\/send\/(\d{1,19})$/.exec(path) ?? [];
    if (id && request.method === 'POST') this.#receive(Number(id), request, response);
    else (this.#controls[`${request.method} ${path}`] ?? nothingHere)(response, request);
  }

  close(): void {
    this.#temper.close();
    this.#options.log?.close();
  }

  #receive(id: number, request: IncomingMessage, response: ServerResponse): void {
    const [at, begun] = [Date.now(), performance.now()];
    const { mood, luck } = this.#temper;
    const decide = (fate: Fate): void => {
      const seen: SeenMessage = { id, outcome: fate.outcome, accepted: fate.accepted };
      this.#figures.opened(seen);
      this.#options.log?.add({ at, ...seen });
      response.once('close', () => this.#figures.closed(seen, Math.round(performance.now() - begun)));
      meet(fate, response, luck);
    };
    const fate = fateOf(mood, luck);
    if (fate.outcome === 'reset') decide(fate);
    else readBody(request, maxBody, (body) => decide(this.#refusal(id, request, body) ?? fate));
  }

  #refusal(id: number, { headers }: IncomingMessage, body: string | undefined): Fate | undefined {
    const { token } = this.#options;
    const refused = { accepted: false, latencyMs: 0 };
    if (token !== undefined && headers.authorization !== `Bearer ${token}`)
      return { ...refused, outcome: 'denied', status: 401 };
    return isMessage(id, body) ? undefined : { ...refused, outcome: 'rejected', status: 400 };
  }
}

function nothingHere(response: ServerResponse): void {
  answerJson(response, 404, { code: 1, message: 'There is POST v1/send/{id}; the page tells the rest.' });
}

function meet({ outcome, status, latencyMs, retryAfter }: Fate, response: ServerResponse, luck: Luck): void {
  if (outcome === 'reset') response.socket?.resetAndDestroy();
  else if (outcome === 'drip') drip(response, { status, body: okBody });
  else if (outcome !== 'hang') {
    const body = outcome === 'ok' ? okBody : outcome === 'garbage' ? pick(garbage, luck) : complaints[outcome];
    sendReply(response, { status, body, retryAfter }, latencyMs);
  }
}

const complaints = {
  error: JSON.stringify({ code: 1, message: 'Internal error' }),
  limited: JSON.stringify({ code: 1, message: 'Too many requests' }),
  denied: JSON.stringify({ code: 1, message: 'Unauthorized' }),
  rejected: JSON.stringify({ code: 1, message: 'Expected {"id": int as in the path, "phone": int, "text": string}' }),
} as const;

function isMessage(id: number, body: string | undefined): boolean {
  const message = parseJson(body);
  if (typeof message !== 'object' || message === null) return false;
  const { id: ownId, phone, text } = message as Record<string, unknown>;
  return ownId === id && Number.isInteger(phone) && Number(phone) > 0 && typeof text === 'string' && text !== '';
}
