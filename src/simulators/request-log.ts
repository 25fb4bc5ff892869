// A line of JSON for each request, for whoever wants to count afterwards.
import { closeSync, openSync, writeSync } from 'node:fs';

/** Milliseconds since 1970, when the head of the request had arrived. */
export type Logged<Entry> = Entry & { readonly at: number };

const flushEach = 100;

export class RequestLog<Entry extends object> {
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #lines = '';

  constructor(path: string) {
    this.#file = openSync(path, 'a');
    this.#timer = setInterval(() => this.flush(), flushEach).unref();
  }

  add(entry: Logged<Entry>): void {
    this.#lines += `${JSON.stringify(entry)}\n`;
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
