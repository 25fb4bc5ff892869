// argon2id, and never more than two hashes at once: a storm of sign-ins must not starve DNS and the file system of threads.
import { hash, type Options, verify } from '@node-rs/argon2';
import { Failure } from '../shared/errors.js';

/** OWASP's floor: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
const atOnce = 2;
const queueLimit = 50;

/** A hash of nothing that anybody knows: an unknown login costs as much time as a wrong password. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$uKqRB80f/kd14auuV21xQA$l99BRis1gfD5tGFBjiBNgF1vJ4cOjVIxRQ7790Da32E';

export const normalisePassword = (password: string): string => password.normalize('NFKC');

export const hashPassword = (password: string): Promise<string> =>
  inTurn(() => hash(normalisePassword(password), parameters));

export function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  return inTurn(async () => (await verify(stored ?? nobodysHash, normalisePassword(password))) && stored !== undefined);
}

export const needsRehash = (stored: string): boolean => !stored.startsWith('$argon2id$v=19$m=19456,t=2,p=1$');

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < atOnce) running++;
  else if (waiting.length < queueLimit) await new Promise<void>((resolve) => waiting.push(resolve));
  else throw new Failure('UNAVAILABLE', 'Too many people sign in at this moment; try again.', { retryAfter: 5 });
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
