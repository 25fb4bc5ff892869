// A line of JSON for each request, for whoever wants to count afterwards: ids, moments and outcomes, no phones, no texts.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { GatewayOutcome } from '../shared/gateway-mood.js';

export interface RequestLogEntry {
  /** Milliseconds since 1970, when the head of the request had arrived. */
  readonly at: number;
  readonly id: number;
  readonly outcome: GatewayOutcome;
  readonly accepted: boolean;
}

const flushEach = 100;

export class RequestLog {
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #lines = '';

  constructor(path: string) {
    this.#file = openSync(path, 'a');
    this.#timer = setInterval(() => this.flush(), flushEach).unref();
  }

  add({ at, id, outcome, accepted }: RequestLogEntry): void {
    this.#lines += `{"at":${at},"id":${id},"outcome":"${outcome}","accepted":${accepted}}\n`;
  }

  flush(): void {
    if (this.#lines === '') return;
    writeSync(this.#file, this.#lines);
    this.#lines = '';
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
    closeSync(this.#file);
  }
}
