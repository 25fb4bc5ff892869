// The books of the simulated IMEI provider: checks that were done, what they cost, and what is left of the balance.
import { randomBytes } from 'node:crypto';
import { type DeviceChanges, deviceOf } from './imei-devices.js';
import type { Finding, SoldService } from './imei-services.js';

/** A check as it was booked. */
export interface BookedCheck {
  readonly id: string;
  readonly deviceId: string;
  readonly service: SoldService;
  readonly finding: Finding;
  readonly cents: number;
  readonly at: Date;
  /** Until then it is only processing. */
  readonly doneAt: number;
}

/** Single checks are found for longer than the list of them is long. */
const kept = 100_000;
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
    const now = Date.now();
    const id = randomBytes(12).toString('base64url');
    const booked = { id, deviceId, service, finding, cents, at: new Date(now), doneAt: now + processingMs };
    this.#done++;
    this.#chargedCents += cents;
    this.#count(booked);
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

  #count({ deviceId, service, cents }: BookedCheck): void {
    if (cents === 0) return;
    const key = `${deviceId}/${service.id}`;
    if (this.#paid.has(key)) this.#paidAgain++;
    this.#paid.add(key);
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

/** The check object as it goes over the wire: PHP escapes slashes, and has empty arrays for empty objects. */
export function checkText({ id, deviceId, service, finding, cents, at, doneAt }: BookedCheck): string {
  const processing = Date.now() < doneAt;
  const check = {
    ...{ id, type: 'api', status: processing ? 'processing' : finding.status, orderId: null },
    service: { id: service.id, title: service.title },
    amount: usd(processing ? 0 : cents),
    deviceId,
    processedAt: processing ? null : Math.floor(at.getTime() / 1_000),
    properties: processing || finding.status !== 'successful' ? [] : finding.properties,
    ...(service.sandbox ? { '!!! WARNING !!!': 'This is a sandbox: the data is random.' } : {}),
  };
  return JSON.stringify(check).replaceAll('/', '\\/');
}
