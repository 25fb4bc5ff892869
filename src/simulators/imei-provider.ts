// The simulated IMEI provider: behaves like imeicheck.net's API v1, in whatever mood it is in, and is asked and told about it
// beside. It has a balance, and books what it has done whether the asker hears of it or not.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ImeiMood, imeiMood } from '../shared/imei-mood.js';
import { deviceChanges } from './imei-devices.js';
import { ImeiFigures, masked, type SeenCheck } from './imei-figures.js';
import { type BookedCheck, ImeiLedger, textNow, usd } from './imei-ledger.js';
import { type Fate, fateOf, freeFateOf } from './imei-moods.js';
import { imeiPage } from './imei-page.js';
import { type CheckRequest, checkRequest } from './imei-request.js';
import { soldServices } from './imei-services.js';
import { type Luck, pick } from './luck.js';
import { drip, sendReply } from './reply.js';
import type { Logged, RequestLog } from './request-log.js';
import { answerJson, parseJson, readBody, type Simulator } from './simulator.js';
import { Temper } from './temper.js';

interface LoggedFields extends Pick<SeenCheck, 'outcome' | 'service' | 'result' | 'charged'> {
  readonly deviceId: string;
  /** The provider's own; null where none was done. */
  readonly id: string | null;
}
export type ImeiLogEntry = Logged<LoggedFields>;

export interface ImeiProviderOptions {
  /** The only token that is good; each is where it is undefined. */
  readonly token?: string | undefined;
  readonly mood?: ImeiMood | undefined;
  /** USD, a thousand where it is undefined. */
  readonly balance?: string | undefined;
  /** A line for each request for a check, with the device's whole number. */
  readonly log?: RequestLog<LoggedFields> | undefined;
  readonly goAway: (ms: number) => void;
}

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

const maxBody = 65_536;
const garbage = ['<html><body>Bad gateway</body></html>', '{"status":"successful"}', '{"id":"x', '', 'null'] as const;

export class ImeiProviderSimulator implements Simulator {
  readonly name = 'imei';
  readonly #options: ImeiProviderOptions;
  readonly #ledger: ImeiLedger;
  readonly #figures: ImeiFigures;
  readonly #temper: Temper<ImeiMood>;
  readonly #routes: Readonly<Record<string, Handler>>;

  constructor(options: ImeiProviderOptions) {
    this.#options = options;
    this.#ledger = new ImeiLedger(Math.round(Number(options.balance ?? '1000') * 100));
    this.#figures = new ImeiFigures(this.#ledger);
    this.#temper = new Temper({ schema: imeiMood, mood: options.mood, goAway: options.goAway });
    this.#routes = {
      ...this.#temper.controls,
      'GET /': imeiPage,
      'GET /stats': (response) => {
        options.log?.flush();
        answerJson(response, 200, { ...this.#temper.state(), ...this.#figures.read() });
      },
      'DELETE /stats': (response) => {
        this.#figures.reset();
        response.writeHead(204).end();
      },
      'POST /v1/checks': (response, request) => this.#check(request, response),
      'GET /v1/checks': this.#free(() => `[${this.#ledger.history().map(textNow).join(',')}]`),
      'GET /v1/services': this.#free(() => JSON.stringify(soldServices.map(serviceObject))),
      'GET /v1/account': this.#free(() => JSON.stringify({ balance: this.#ledger.balanceCents / 100 })),
    };
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const route = `${request.method} ${path}`;
    const [, id] = /^GET \/v1\/checks\/([\w-]+)$/.exec(route) ?? [];
    const [, deviceId] = /^PUT \/devices\/(\w{8,15})$/.exec(route) ?? [];
    if (id) this.#free(() => this.#textOf(id))(response, request);
    else if (deviceId) readBody(request, maxBody, (body) => this.#change(deviceId, body, response));
    else (this.#routes[route] ?? nothingHere)(response, request);
  }

  close(): void {
    this.#temper.close();
    this.#options.log?.close();
  }

  #check(request: IncomingMessage, response: ServerResponse): void {
    const [at, begun] = [Date.now(), performance.now()];
    const { mood, luck } = this.#temper;
    const decide = (asked: CheckRequest, fate: Fate): void => {
      const booked = fate.done && 'service' in asked ? this.#book(asked, fate) : undefined;
      const met = fate.done && !booked ? unpaid : fate;
      const seen = seenOf(asked, met, booked);
      this.#figures.opened(seen);
      const { device: _, ...logged } = seen;
      this.#options.log?.add({ at, id: booked?.id ?? null, deviceId: asked.deviceId, ...logged });
      response.once('close', () => this.#figures.closed(seen, Math.round(performance.now() - begun)));
      meet(response, met, { body: booked ? textNow(booked) : complaintOf(asked, met), luck });
    };
    const fate = fateOf(mood, luck);
    const read = (body: string | undefined): void => {
      const asked = checkRequest(body, request.headers['content-type']);
      decide(asked, this.#refusal(request) ?? ('complaint' in asked ? rejected : fate));
    };
    if (fate.outcome === 'reset') decide({ deviceId: '', complaint: '' }, fate);
    else readBody(request, maxBody, read);
  }

  #book({ deviceId, service }: Extract<CheckRequest, { service: object }>, { processingMs = 0 }: Fate) {
    return this.#ledger.check(deviceId, service, processingMs);
  }

  /** Undefined is 404. */
  #free(read: () => string | undefined): Handler {
    return (response, request) => {
      this.#figures.askedForFree();
      const { mood, luck } = this.#temper;
      const fate = this.#refusal(request) ?? freeFateOf(mood, luck);
      const told = fate.outcome === 'ok' || fate.outcome === 'drip';
      const body = told ? read() : (complaints[fate.outcome] ?? '');
      if (body === undefined) answerJson(response, 404, { message: 'Not found' });
      else meet(response, fate, { body, luck });
    };
  }

  #textOf(id: string): string | undefined {
    const booked = this.#ledger.find(id);
    return booked && textNow(booked);
  }

  #refusal({ headers }: IncomingMessage): Fate | undefined {
    const { token } = this.#options;
    const [, given] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    return given === undefined || (token !== undefined && given !== token) ? denied : undefined;
  }

  #change(deviceId: string, body: string | undefined, response: ServerResponse): void {
    const { success, data, error } = deviceChanges.safeParse(parseJson(body));
    if (success) {
      this.#ledger.change(deviceId, data);
      answerJson(response, 200, data);
    } else {
      answerJson(response, 400, { message: error.issues.map(({ message }) => message).join('; ') });
    }
  }
}

const denied: Fate = { outcome: 'denied', done: false, status: 401, latencyMs: 0 };
const rejected: Fate = { outcome: 'rejected', done: false, status: 422, latencyMs: 0 };
const unpaid: Fate = { outcome: 'unpaid', done: false, status: 402, latencyMs: 0 };

const serviceObject = ({ id, title, cents }: (typeof soldServices)[number]) => ({ id, title, price: usd(cents) });

const seenOf = (asked: CheckRequest, { outcome }: Fate, booked: BookedCheck | undefined): SeenCheck => ({
  outcome,
  device: masked(asked.deviceId),
  service: 'service' in asked ? asked.service.id : null,
  result: booked?.result ?? null,
  charged: usd(booked?.cents ?? 0),
});

const complaintOf = (asked: CheckRequest, { outcome }: Fate): string =>
  outcome === 'rejected' && 'complaint' in asked ? asked.complaint : (complaints[outcome] ?? '');

const complaints: Readonly<Record<string, string>> = {
  error: JSON.stringify({ message: 'Server Error' }),
  limited: JSON.stringify({ message: 'Too Many Attempts.' }),
  denied: JSON.stringify({ message: 'Unauthenticated.' }),
  unpaid: JSON.stringify({ message: 'Please replenish your account before proceeding' }),
};

const nothingHere: Handler = (response) =>
  answerJson(response, 404, { message: 'There is v1/checks, v1/services and v1/account; the page tells the rest.' });

interface Meeting {
  readonly body: string;
  readonly luck: Luck;
}

function meet(response: ServerResponse, fate: Fate, { body, luck }: Meeting): void {
  const { outcome, by, status, latencyMs, retryAfter } = fate;
  if (outcome === 'reset' || by === 'reset') response.socket?.resetAndDestroy();
  else if (outcome === 'drip') drip(response, { status, body });
  else if (outcome === 'garbage') sendReply(response, { status, body: pick([...garbage], luck) }, latencyMs);
  else if (by === '5xx') sendReply(response, { status, body: complaints.error ?? '' }, latencyMs);
  else if (outcome !== 'hang' && by !== 'hang') sendReply(response, { status, body, retryAfter }, latencyMs);
}
