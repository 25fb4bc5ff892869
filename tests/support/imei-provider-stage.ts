// The adapter of the IMEI provider and the bare sockets that it talks to, new for each test.
import { imeicheckProvider } from '../../src/gateways/imei/imeicheck.js';
import type { ImeiProvider, ProviderAnswer, ProviderCheck } from '../../src/gateways/imei/port.js';
import { Egress } from '../../src/shared/egress.js';
import { type Answer, RawGateway, says } from './raw-gateway.js';

export const token = 'live|token-of-ours';
export const imei = '356735111052198';
export const patient = 5_000;
export const impatient = 500;

/** As PHP writes it: slashes and what is not ASCII escaped. */
export const rawCheck =
  '{"id":"aB3_-xYz09QwErTy","type":"api","status":"successful","orderId":null,"service":{"id":1,"title":"Apple Basic Info"},' +
  '"amount":"0.06","deviceId":"356735111052198","processedAt":1737640800,"properties":{"deviceName":"iPhone 12 Pro Max \\u2014 256 \\u0413\\u0411",' +
  '"image":"https:\\/\\/sources.imeicheck.net\\/images\\/x.png","apple\\/region":"AT&T USA","lostMode":"false","replaced":false}}';
export const check: ProviderCheck = {
  id: 'aB3_-xYz09QwErTy',
  status: 'successful',
  deviceId: imei,
  serviceId: 1,
  serviceTitle: 'Apple Basic Info',
  amount: '0.06',
  processedAt: new Date(1_737_640_800_000),
  properties: {
    deviceName: 'iPhone 12 Pro Max — 256 ГБ',
    image: 'https://sources.imeicheck.net/images/x.png',
    'apple/region': 'AT&T USA',
    ...{ lostMode: 'false', replaced: false },
  },
  raw: rawCheck,
};

/** The check with other fields; undefined leaves one out. */
export const checkWith = (fields: object): string => JSON.stringify({ ...JSON.parse(rawCheck), ...fields });

export const answered = <T>(value: T): ProviderAnswer<T> => ({ kind: 'answered', value });
export const lost = (reason: string): ProviderAnswer<never> => ({ kind: 'lost', reason });
export const unsent = (reason: string): ProviderAnswer<never> => ({ kind: 'unsent', reason });
export const refused = (why: 'denied' | 'limited' | 'busy' | 'invalid', status: number): ProviderAnswer<never> => ({
  ...{ kind: 'refused', why, reason: `HTTP ${status}` },
});

export const done: Answer = says(201, rawCheck);

export class ImeiProviderStage implements AsyncDisposable {
  readonly egress = new Egress(['127.0.0.0/8', '::1/128']);
  readonly provider: ImeiProvider;

  private constructor(public raw: RawGateway) {
    raw.answer = done;
    this.provider = this.open(raw.url);
  }

  static async set(): Promise<ImeiProviderStage> {
    return new ImeiProviderStage(await RawGateway.listen());
  }

  open(url: string, concurrency = 4, egress = this.egress): ImeiProvider {
    return imeicheckProvider({ name: 'test', url, token, concurrency, egress });
  }

  check(timeoutMs = patient): Promise<ProviderAnswer<ProviderCheck>> {
    return this.provider.check(imei, 1, timeoutMs);
  }

  /** What comes of an answer; after it the provider works again, and nobody was asked twice. */
  async after<T>(answer: Answer, ask: () => Promise<T>): Promise<T> {
    const before = this.raw.requests.length;
    this.raw.answer = answer;
    const outcome = await ask();
    expect(this.raw.requests).toHaveLength(before + 1);
    this.raw.answer = done;
    await expect(this.check()).resolves.toEqual(answered(check));
    expect(this.raw.requests).toHaveLength(before + 2);
    return outcome;
  }

  checkAfter(answer: Answer, timeoutMs = patient): Promise<ProviderAnswer<ProviderCheck>> {
    return this.after(answer, () => this.check(timeoutMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.egress.close();
    await this.raw[Symbol.asyncDispose]();
  }
}
