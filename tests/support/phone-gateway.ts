// A message gateway that answers each number in its own way, and remembers when it was asked about whom.
import { type Answer, ok, RawGateway } from './raw-gateway.js';

export class PhoneGateway {
  /** For everybody who has no way of their own. */
  usual: Answer = ok;
  readonly #ways = new Map<string, Answer>();
  readonly #asked = new Map<string, number[]>();

  private constructor(private readonly raw: RawGateway) {
    raw.answer = (socket, request) => {
      const { phone } = JSON.parse(request.body) as { phone: number };
      const number = String(phone);
      this.#asked.set(number, [...this.asked(number), Date.now()]);
      (this.#ways.get(number) ?? this.usual)(socket, request);
    };
  }

  static async open(): Promise<PhoneGateway> {
    return new PhoneGateway(await RawGateway.listen());
  }

  get url(): string {
    return this.raw.url;
  }

  answer(phone: string, way: Answer): void {
    this.#ways.set(phone, way);
  }

  /** When, in milliseconds since 1970. */
  asked(phone: string): readonly number[] {
    return this.#asked.get(phone) ?? [];
  }

  async close(): Promise<void> {
    await this.raw[Symbol.asyncDispose]();
  }
}
