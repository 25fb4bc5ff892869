// The books of the simulated IMEI provider: checks that were done, what they cost, and what is left of the balance.
import { randomBytes } from 'node:crypto';
import { type DeviceChanges, deviceOf } from './imei-devices.js';
import type { Finding, SoldService } from './imei-services.js';

/** A check as it was booked. */
export interface BookedCheck {
  readonly id: string;
  readonly result: Finding['status'];
  readonly cents: number;
  /** What goes over the wire, and what does until it is done. */
  readonly text: string;
  readonly early: { readonly text: string; readonly until: number } | undefined;
}

/** Single checks are found for longer than the list of them is long. */
const kept = 20_000;
const listed = 1_000;

export class ImeiLedger {
  readonly #checks = new Map<string, BookedCheck>();
  readonly #newest: BookedCheck[] = [];
  readonly #changes = new Map<string, DeviceChanges>();
  #paid = new Set<string>();
  #done = 0;
  #paidAgain = 0;
  #chargedCents = 0;

  constructor(private readonly startCents: number) {}

  get balanceCents(): number {
    return this.startCents - this.#chargedCents;
  }

  /** Undefined where the balance does not cover it. Only what is successful is charged. */
  check(deviceId: string, service: SoldService, processingMs: number): BookedCheck | undefined {
    if (service.cents > this.balanceCents) return undefined;
    const finding = service.look(deviceOf(deviceId, this.#changes.get(deviceId)));
    const cents = finding.status === 'successful' ? service.cents : 0;
    const id = randomBytes(12).toString('base64url');
    const written = { id, deviceId, service };
    const processing = { status: 'processing', cents: 0, at: null, properties: [] };
    const early =
      processingMs > 0
        ? { text: checkText({ ...written, ...processing }), until: Date.now() + processingMs }
        : undefined;
    const properties = finding.status === 'successful' ? finding.properties : [];
    const text = checkText({ ...written, status: finding.status, cents, at: Date.now() + processingMs, properties });
    const booked = { id, result: finding.status, cents, text, early };
    this.#count(`${deviceId}/${service.id}`, cents);
    this.#keep(booked);
    return booked;
  }

  find(id: string): BookedCheck | undefined {
    return this.#checks.get(id);
  }

  /** Newest first. */
  history(): readonly BookedCheck[] {
    return this.#newest.slice(-listed).reverse();
  }

  change(deviceId: string, changes: DeviceChanges): void {
    this.#changes.set(deviceId, { ...this.#changes.get(deviceId), ...changes });
  }

  /** Counters begin anew, and the balance is what it was; checks stay on record. */
  reset(): void {
    this.#paid = new Set();
    this.#done = this.#paidAgain = this.#chargedCents = 0;
  }

  read() {
    const [charged, balance] = [usd(this.#chargedCents), usd(this.balanceCents)];
    return { checks: this.#done, paidAgain: this.#paidAgain, charged, balance };
  }

  #count(what: string, cents: number): void {
    this.#done++;
    this.#chargedCents += cents;
    if (cents === 0) return;
    if (this.#paid.has(what)) this.#paidAgain++;
    this.#paid.add(what);
  }

  #keep(booked: BookedCheck): void {
    this.#checks.set(booked.id, booked);
    for (const id of this.#checks.keys()) {
      if (this.#checks.size <= kept) break;
      this.#checks.delete(id);
    }
    this.#newest.push(booked);
    if (this.#newest.length > 2 * listed) this.#newest.splice(0, this.#newest.length - listed);
  }
}

export const usd = (cents: number): string => (cents / 100).toFixed(2);

/** What is to be told of it at this moment. */
export const textNow = ({ text, early }: BookedCheck): string =>
  early && Date.now() < early.until ? early.text : text;

interface WrittenCheck {
  readonly id: string;
  readonly deviceId: string;
  readonly service: SoldService;
  readonly status: string;
  readonly cents: number;
  readonly at: number | null;
  readonly properties: object;
}

/** The check object as it goes over the wire: PHP escapes slashes, and has empty arrays for empty objects. */
function checkText({ id, deviceId, service, status, cents, at, properties }: WrittenCheck): string {
  const check = {
    ...{ id, type: 'api', status, orderId: null, service: { id: service.id, title: service.title } },
    ...{ amount: usd(cents), deviceId, processedAt: at && Math.floor(at / 1_000), properties },
    ...(service.sandbox ? { '!!! WARNING !!!': 'This is a sandbox: the data is random.' } : {}),
  };
  return JSON.stringify(check).replaceAll('/', '\\/');
}
