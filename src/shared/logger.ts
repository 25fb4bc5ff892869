// Structured logs that carry ids and codes, never what people sent us. Errors pass through one allow-list, because
// PostgreSQL puts the offending values into `detail` and `where`, and drivers put parameters into messages.
import { type DestinationStream, type Logger, type LoggerOptions, pino, type stdSerializers } from 'pino';
import { Failure, isError } from './errors.js';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
}

/** To standard output where no destination is given. */
export function createLogger(options: LogOptions, destination?: DestinationStream): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (details) => withoutHeaders(details, deepestHeaders) },
    serializers: { err: safeError, error: safeError, req: safeRequest, res: (res) => ({ statusCode: res.statusCode }) },
    ...(options.format === 'pretty'
      ? {
          transport: {
            target: 'pino-pretty',
            options: { translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', singleLine: true },
          },
        }
      : {}),
  };
  return destination ? pino(settings, destination) : pino(settings);
}

const deepestHeaders = 3;

/**
 * Libraries log headers of requests at `trace` and `debug`. Headers contain tokens, cookies and addresses of people. pino's own
 * `redact` is not used because it runs for each child logger, and each request has one.
 */
function withoutHeaders(details: Record<string, unknown>, levels: number): Record<string, unknown> {
  const kept = Object.entries(details).filter(([key]) => key !== 'headers');
  return Object.fromEntries(
    kept.map(([key, value]) => [key, levels > 1 && isPlain(value) ? withoutHeaders(value, levels - 1) : value]),
  );
}

/** Instances of classes are left to the serializers. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

interface SafeError {
  readonly type: string;
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: SafeError;
}

/** Names, codes, constraints and frames. A message is kept where we wrote all of it: one about fields may hold a key that was sent. */
export function safeError(error: unknown): SafeError {
  if (!isError(error)) return { type: typeof error };
  const own = error instanceof Failure ? !error.fields : error instanceof TypeError || error instanceof RangeError;
  return {
    type: error.name,
    ...textOf(error, 'code'),
    ...textOf(error, 'constraint'),
    ...(own ? { message: error.message } : {}),
    stack: framesOf(error),
    ...(isError(error.cause) ? { cause: safeError(error.cause) } : {}),
  };
}

function textOf<K extends string>(error: Error, key: K): { [P in K]?: string } {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? ({ [key]: value } as { [P in K]: string }) : {};
}

function framesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .join('\n');
}

function safeRequest(req: Parameters<typeof stdSerializers.req>[0]): { method: string; path: string } {
  return { method: req.method ?? '', path: (req.url ?? '').split('?')[0] ?? '' };
}
