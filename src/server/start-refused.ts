// Why the program does not start, in one sentence: main.ts prints it and ends with status 2.
// Knows nothing of the rest of the program.

export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
