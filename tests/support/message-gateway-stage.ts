// The HTTP adapter of the message gateway and the raw gateway that it talks to, new for each test.
import { httpMessageGateway } from '../../src/gateways/messages/http.js';
import type { MessageGateway, Outcome, OutgoingMessage } from '../../src/gateways/messages/port.js';
import { Egress } from '../../src/shared/egress.js';
import { type Answer, ok, RawGateway } from './raw-gateway.js';

export const token = 'header.payload.signature';
export const message: OutgoingMessage = {
  id: '9007199254740993',
  phone: '79001234567',
  text: 'Здравствуйте, «Мир» 👋\n"ok"',
};
export const patient = 5_000;
export const impatient = 500;

export const accepted: Outcome = { kind: 'accepted' };
export const rejected = (reason: string): Outcome => ({ kind: 'rejected', reason });
export const refused = (reason: string, overload = false): Outcome => ({ kind: 'refused', reason, overload });
export const unsent = (reason: string): Outcome => ({ kind: 'unsent', reason });
export const lost = (reason: string): Outcome => ({ kind: 'lost', reason, timedOut: false });
export const timeout: Outcome = { kind: 'lost', reason: 'timeout', timedOut: true };

export class MessageGatewayStage implements AsyncDisposable {
  readonly egress = new Egress(['127.0.0.0/8', '::1/128']);
  readonly gateway: MessageGateway;

  private constructor(public raw: RawGateway) {
    this.gateway = this.open(raw.url, 4);
  }

  static async set(): Promise<MessageGatewayStage> {
    return new MessageGatewayStage(await RawGateway.listen());
  }

  open(url: string, connections = 1, bearer: string | undefined = token): MessageGateway {
    return httpMessageGateway({ url, token: bearer, connections, egress: this.egress });
  }

  send(id = message.id, timeoutMs = patient): Promise<Outcome> {
    return this.gateway.send({ ...message, id }, timeoutMs);
  }

  /** The outcome of an answer; after it the gateway works again, and nobody was asked twice. */
  async outcomeOf(answer: Answer, timeoutMs = patient): Promise<Outcome> {
    const before = this.raw.requests.length;
    this.raw.answer = answer;
    const outcome = await this.send(message.id, timeoutMs);
    expect(this.raw.requests).toHaveLength(before + 1);
    this.raw.answer = ok;
    await expect(this.send()).resolves.toEqual(accepted);
    expect(this.raw.requests).toHaveLength(before + 2);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.egress.close();
    await this.raw[Symbol.asyncDispose]();
  }
}
