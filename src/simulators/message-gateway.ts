// The simulated message gateway: takes messages as probe.fbrq.cloud does, in whatever mood it is in, and is asked and
// told about it beside. Plain node:http, because benches send through it as well.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayMood, gatewayMood } from '../shared/gateway-mood.js';
import { GatewayFigures, type SeenRequest } from './gateway-figures.js';
import { gatewayPage } from './gateway-page.js';
import { type Fate, fateOf, type Luck, luckOf } from './moods.js';
import type { RequestLog } from './request-log.js';
import { answerJson, readBody, type Simulator } from './simulator.js';

export interface MessageGatewayOptions {
  /** What senders have to show; nothing is asked of them where it is undefined. */
  readonly token?: string | undefined;
  readonly mood?: GatewayMood | undefined;
  readonly log?: RequestLog | undefined;
  /** Closes the door for so long: nothing can connect. */
  readonly goAway: (ms: number) => void;
}

const maxBody = 65_536;
const okBody = JSON.stringify({ code: 0, message: 'OK' });
const garbage = ['<html><body>It works!</body></html>', '{"message":"OK"}', '{"code":0,"mess', '', 'null'] as const;

export class MessageGatewaySimulator implements Simulator {
  readonly name = 'gateway';
  readonly #options: MessageGatewayOptions;
  readonly #figures = new GatewayFigures();
  #mood: GatewayMood = { mode: 'ok' };
  #luck: Luck = Math.random;
  #until: Date | undefined;
  #calmDown: NodeJS.Timeout | undefined;

  constructor(options: MessageGatewayOptions) {
    this.#options = options;
    if (options.mood) this.#switch(options.mood);
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [, id] = /^\/v1\/send\/(\d{1,19})$/.exec(path) ?? [];
    if (id && request.method === 'POST') this.#receive(Number(id), request, response);
    else (this.#controls[`${request.method} ${path}`] ?? nothingHere)(response, request);
  }

  close(): void {
    clearTimeout(this.#calmDown);
    this.#options.log?.close();
  }

  #receive(id: number, request: IncomingMessage, response: ServerResponse): void {
    const [at, begun] = [Date.now(), performance.now()];
    const decide = (fate: Fate): void => {
      const seen: SeenRequest = { id, outcome: fate.outcome, accepted: fate.accepted };
      this.#figures.opened(seen);
      this.#options.log?.add({ at, ...seen });
      response.once('close', () => this.#figures.closed(seen, Math.round(performance.now() - begun)));
      meet(fate, response, this.#luck);
    };
    const fate = fateOf(this.#mood, this.#luck);
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

  readonly #controls: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
    'GET /': gatewayPage,
    'GET /mood': (response) => answerJson(response, 200, this.#state()),
    'PUT /mood': (response, request) => readBody(request, maxBody, (body) => this.#putMood(body, response)),
    'GET /stats': (response) => {
      this.#options.log?.flush();
      answerJson(response, 200, { ...this.#state(), ...this.#figures.read() });
    },
    'DELETE /stats': (response) => {
      this.#figures.reset();
      response.writeHead(204).end();
    },
  };

  #state() {
    return { mood: this.#mood, until: this.#until?.toISOString() ?? null };
  }

  #putMood(body: string | undefined, response: ServerResponse): void {
    const { success, data: mood, error } = gatewayMood.safeParse(parseJson(body));
    if (success) {
      // Whoever asks for `down` is answered first.
      if (mood.mode === 'down') response.once('finish', () => this.#switch(mood));
      else this.#switch(mood);
      answerJson(response, 200, { mood, until: endOf(mood)?.toISOString() ?? null });
    } else {
      const said = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
      answerJson(response, 400, { code: 1, message: said });
    }
  }

  #switch(mood: GatewayMood): void {
    clearTimeout(this.#calmDown);
    this.#mood = mood;
    this.#until = endOf(mood);
    if (mood.mode === 'mixed') this.#luck = luckOf(mood.seed);
    if (mood.mode === 'down') this.#options.goAway(mood.forMs);
    if (mood.forMs !== undefined) this.#calmDown = setTimeout(() => this.#switch({ mode: 'ok' }), mood.forMs).unref();
  }
}

const endOf = ({ forMs }: GatewayMood): Date | undefined =>
  forMs === undefined ? undefined : new Date(Date.now() + forMs);

function nothingHere(response: ServerResponse): void {
  answerJson(response, 404, { code: 1, message: 'There is POST v1/send/{id}; the page tells the rest.' });
}

function meet(fate: Fate, response: ServerResponse, luck: Luck): void {
  const { outcome, latencyMs } = fate;
  if (outcome === 'reset') response.socket?.resetAndDestroy();
  else if (outcome === 'drip') drip(response);
  else if (outcome !== 'hang') {
    const body = outcome === 'ok' ? okBody : outcome === 'garbage' ? pick(garbage, luck) : complaints[outcome];
    if (latencyMs > 0) setTimeout(() => answer(fate, body, response), latencyMs).unref();
    else answer(fate, body, response);
  }
}

function answer({ status, retryAfter }: Fate, body: string, response: ServerResponse): void {
  // The sender may have had no more patience.
  if (response.closed) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(body);
}

const complaints = {
  error: JSON.stringify({ code: 1, message: 'Internal error' }),
  limited: JSON.stringify({ code: 1, message: 'Too many requests' }),
  denied: JSON.stringify({ code: 1, message: 'Unauthorized' }),
  rejected: JSON.stringify({ code: 1, message: 'Expected {"id": int as in the path, "phone": int, "text": string}' }),
} as const;

const pick = (texts: readonly string[], luck: Luck): string => texts[Math.floor(luck() * texts.length)] ?? '';

function drip(response: ServerResponse): void {
  let sent = 0;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': okBody.length });
  const timer = setInterval(() => {
    response.write(okBody[sent++] ?? '');
    if (sent === okBody.length) response.end();
  }, 1_000);
  response.once('close', () => clearInterval(timer));
}

function isMessage(id: number, body: string | undefined): boolean {
  const message = parseJson(body);
  if (typeof message !== 'object' || message === null) return false;
  const { id: ownId, phone, text } = message as Record<string, unknown>;
  return ownId === id && Number.isInteger(phone) && Number(phone) > 0 && typeof text === 'string' && text !== '';
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
