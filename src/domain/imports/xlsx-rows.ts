// The lines of the first sheet of a workbook, opened in a process that has its own memory and its own time to end in.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { SheetLine } from './sheet-line.js';
import { Unreadable } from './unreadable.js';

const linesAtOnce = 1_000;
/** 50 MB of XML take some 200 MB of heap while they are read, and about four seconds. */
const heapMb = 384;
const patienceMs = 60_000;

/** Expects what guardWorkbook() let pass. */
export async function* xlsxLines(file: Uint8Array, signal: AbortSignal): AsyncGenerator<SheetLine> {
  signal.throwIfAborted();
  const reader = fork(readerFile, {
    execArgv: [`--max-old-space-size=${heapMb}`],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  const ended = endOf(reader, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
  try {
    reader.send({ file });
    for (let from = 0; ; from += linesAtOnce) {
      reader.send({ from, count: linesAtOnce });
      const lines = await Promise.race([nextLines(reader), ended]);
      yield* lines.map((cells, index) => ({ number: from + index + 1, cells }));
      if (lines.length < linesAtOnce) return;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    reader.kill('SIGKILL');
  }
}

/** Beside this file and in the same language: tests run the sources. */
const readerFile = new URL(import.meta.url.replace('xlsx-rows', 'xlsx-process'));

async function nextLines(reader: ChildProcess): Promise<string[][]> {
  const [lines] = (await once(reader, 'message')) as [string[][]];
  return lines;
}

/** Rejects when no more lines will come. */
function endOf(reader: ChildProcess, late: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  // A workbook that is no workbook ends it with an error, one that is too much with a signal.
  reader.once('exit', (code) => reject(code === 1 ? damaged() : tooMuch()));
  reader.on('error', () => reject(tooMuch()));
  late.addEventListener('abort', () => reject(tooMuch()), { once: true });
  // Nobody may be waiting when it is killed in the end.
  promise.catch(() => undefined);
  return promise;
}

const damaged = () => new Unreadable("The workbook's first sheet can't be read: save it again, or as CSV.");
const tooMuch = () =>
  new Unreadable('The workbook takes too much memory or time to open: save the sheet as CSV and send that.');
