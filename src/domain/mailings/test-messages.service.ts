// A test message, which belongs to no mailing: asked of the gateway once, also where its request is repeated under one
// idempotency key while it is under way, after its answer was lost, or after the process that sent it crashed.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Keys } from '../../auth/keys.js';
import { actorOf } from '../../auth/viewer.js';
import type { MessageGateway, Outcome } from '../../gateways/messages/port.js';
import { conflict, Failure } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import { parseInput } from '../input.js';
import type { Transaction, Work } from '../work.js';
import { mailingTextField } from './mailing.inputs.js';

export interface TestMessagePorts {
  readonly keys: Keys;
  /** Undefined where none is configured and no simulator runs. */
  readonly messageGateway: MessageGateway | undefined;
  /** Bound on one whole exchange. */
  readonly messageTimeoutMs: number;
}

export const testMessageInput = z
  .strictObject({
    phone: z
      .string()
      .regex(/^7\d{10}$/, 'expected 7XXXXXXXXXX, 11 digits')
      .describe('7XXXXXXXXXX, 11 digits.'),
    text: mailingTextField.describe('1 to 2000 characters.'),
  })
  .meta({ id: 'TestMessageInput', description: 'What is sent to whom, for a test.' });

type Wanted = z.output<typeof testMessageInput>;
type OutcomeKind = Outcome['kind'];

interface Turn {
  readonly id: string;
  /** False where the message was, or is being, sent for an earlier request. */
  readonly isOurs: boolean;
}

const lookEveryMs = 50;
/** An outcome is stored that long after its exchange has ended, or the process has crashed. */
const storedWithinMs = 2_000;
/** Nothing was sent, so that the same request may be sent again. */
const unsentKinds: readonly OutcomeKind[] = ['unsent', 'denied', 'rejected', 'refused'];

export class TestMessageService {
  constructor(
    private readonly work: Work,
    private readonly ports: TestMessagePorts,
  ) {}

  /** Asks the gateway once, and says so where it did not take the message. */
  async send(input: z.input<typeof testMessageInput>, idempotencyKey?: string | null): Promise<void> {
    const wanted = parseInput(testMessageInput, input);
    const { messageGateway, messageTimeoutMs } = this.ports;
    if (!messageGateway) throw new Failure('UNAVAILABLE', 'No message gateway is configured.');
    const { id, isOurs } = await this.#begin(wanted, idempotencyKey);
    if (!isOurs) return refuseUnlessAccepted(await this.#outcomeOf(id));
    const { kind } = await messageGateway.send({ id, ...wanted }, messageTimeoutMs);
    await this.work.rows('update test_message set outcome = $2 where id = $1', [id, kind]);
    refuseUnlessAccepted(kind);
  }

  #begin(wanted: Wanted, key: string | null | undefined): Promise<Turn> {
    const call = { actor: actorOf(this.work.viewer), operation: 'sendTestMessage', key, input: wanted };
    return this.work.write(async (tx) => {
      const { row } = await once<Turn>(tx, this.ports.keys, call, {
        create: () => newTurn(tx, wanted),
        find: (id) => turnAgain(tx, id, wanted),
      });
      return row;
    });
  }

  /** Waits for an exchange that is under way; one that has no outcome in time may have arrived. */
  async #outcomeOf(id: string): Promise<OutcomeKind> {
    for (;;) {
      const [sent] = await this.work.rows<{ outcome: OutcomeKind | null; isOverdue: boolean }>(
        `select outcome, begun_at < clock_timestamp() - $2 * interval '1 millisecond' as "isOverdue"
         from test_message where id = $1`,
        [id, this.ports.messageTimeoutMs + storedWithinMs],
      );
      if (sent?.outcome) return sent.outcome;
      if (!sent || sent.isOverdue) return 'lost';
      await sleep(lookEveryMs);
    }
  }
}

async function newTurn(tx: Transaction, { phone }: Wanted): Promise<Turn> {
  await demandContactable(tx, phone);
  const [message] = await tx.rows<{ id: string }>(
    `insert into test_message (id) values (nextval('message_id_seq')) returning id`,
  );
  if (!message) throw new Error('an insert without a row');
  tx.audit('sendTestMessage', `message:${message.id}`);
  return { id: message.id, isOurs: true };
}

/** What surely was not sent is sent now, which is no repetition; the lock of the key lets one request do so. */
async function turnAgain(tx: Transaction, id: string, { phone }: Wanted): Promise<Turn> {
  const [again] = await tx.rows(
    `update test_message set outcome = null, begun_at = clock_timestamp() where id = $1 and outcome = any($2) returning id`,
    [id, unsentKinds],
  );
  if (!again) return { id, isOurs: false };
  await demandContactable(tx, phone);
  tx.isRepeated = false;
  tx.audit('sendTestMessage', `message:${id}`);
  return { id, isOurs: true };
}

async function demandContactable(tx: Transaction, phone: string): Promise<void> {
  const suppressed = await tx.rows(`select from suppression where phone = $1 and channel = 'MESSAGE'`, [phone]);
  if (suppressed.length > 0) throw conflict('This number must not be contacted by message.', 'SUPPRESSED');
}

function refuseUnlessAccepted(kind: OutcomeKind): void {
  switch (kind) {
    case 'accepted':
      return;
    case 'unsent':
      throw new Failure('UNAVAILABLE', 'The message gateway cannot be reached; nothing was sent.', { retryAfter: 5 });
    case 'denied':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway does not accept our token.');
    case 'rejected':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway rejects this message.');
    case 'refused':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway did not take the message; try again later.');
    case 'lost':
      throw new Failure(
        'UPSTREAM_FAILED',
        'The message gateway gave no answer that can be read: it may have been sent.',
      );
  }
}
