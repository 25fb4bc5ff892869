// The present mood of a simulator: how long it lasts, the luck that goes with it, and how it is asked and told over HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { type Luck, luckOf } from './luck.js';
import { answerJson, parseJson, readBody } from './simulator.js';

interface AnyMood {
  readonly mode: string;
  readonly forMs?: number | undefined;
  readonly seed?: number | undefined;
}

export interface TemperOptions<Mood> {
  readonly schema: z.ZodType<Mood>;
  readonly mood: Mood | undefined;
  /** Closes the door for so long: nothing can connect. */
  readonly goAway: (ms: number) => void;
}

const maxBody = 65_536;

export class Temper<Mood extends AnyMood> {
  readonly #options: TemperOptions<Mood>;
  #mood: Mood;
  #luck: Luck = Math.random;
  #until: Date | undefined;
  #calmDown: NodeJS.Timeout | undefined;

  constructor(options: TemperOptions<Mood>) {
    this.#options = options;
    this.#mood = this.#well();
    if (options.mood) this.#switch(options.mood);
  }

  get mood(): Mood {
    return this.#mood;
  }

  get luck(): Luck {
    return this.#luck;
  }

  state() {
    return { mood: this.#mood, until: this.#until?.toISOString() ?? null };
  }

  readonly controls: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
    'GET /mood': (response) => answerJson(response, 200, this.state()),
    'PUT /mood': (response, request) => readBody(request, maxBody, (body) => this.#put(body, response)),
  };

  close(): void {
    clearTimeout(this.#calmDown);
  }

  #put(body: string | undefined, response: ServerResponse): void {
    const { success, data: mood, error } = this.#options.schema.safeParse(parseJson(body));
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

  #switch(mood: Mood): void {
    clearTimeout(this.#calmDown);
    this.#mood = mood;
    this.#until = endOf(mood);
    if (mood.mode === 'mixed') this.#luck = luckOf(mood.seed);
    if (mood.mode === 'down') this.#options.goAway(mood.forMs ?? 0);
    if (mood.forMs !== undefined) this.#calmDown = setTimeout(() => this.#switch(this.#well()), mood.forMs).unref();
  }

  #well(): Mood {
    return this.#options.schema.parse({ mode: 'ok' });
  }
}

const endOf = ({ forMs }: AnyMood): Date | undefined =>
  forMs === undefined ? undefined : new Date(Date.now() + forMs);
