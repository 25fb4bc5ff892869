// Takes multipart/form-data where a form of text fields is taken, as `fetch` sends FormData: the same object that urlencoded
// fields make. How many parts there are, and how long their heads, is looked at before anything is parsed.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../shared/errors.js';

export const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data'] as const;

export const isForm = (contentType: string | undefined): boolean =>
  /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(contentType ?? '');

/** By the routes of this scope; elsewhere multipart stays a media type that is not understood, or is one file. */
export function takeMultipart(scope: FastifyInstance): void {
  const parser = ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) =>
    fieldsOf(body, headers['content-type'] ?? '');
  scope.addContentTypeParser<Buffer<ArrayBuffer>>('multipart/form-data', { parseAs: 'buffer' }, parser);
}

export type Fields = Record<string, string | string[]>;

/** What is there more than once is a list. */
export async function fieldsOf(body: Buffer<ArrayBuffer>, contentType: string): Promise<Fields> {
  const boundary = boundaryOf(contentType);
  demandBounds(body, boundary);
  // Of the boundary that was looked for, and of no other one.
  const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
  const form = await new Response(body, { headers }).formData().catch((cause: unknown) => {
    throw unreadable(cause);
  });
  const fields: Fields = Object.create(null);
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name).map(textOf);
    fields[name] = values.length > 1 ? values : (values[0] ?? '');
  }
  return fields;
}

const mostFields = 50;
/** Of a part: its name and its type. */
const longestHead = 1_024;
const endOfHead = Buffer.from('\r\n\r\n');

/** RFC 2046, 5.1.1: at most 70 of these characters. */
function boundaryOf(contentType: string): string {
  const [, boundary] = /;\s{0,20}boundary="?([\w'()+,./:=? -]{1,70})/i.exec(contentType) ?? [];
  if (!boundary) throw unreadable();
  return boundary.trimEnd();
}

function demandBounds(body: Buffer, boundary: string): void {
  const delimiter = Buffer.from(`--${boundary}`);
  let parts = 0;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    // The last one ends the form.
    if (++parts > mostFields + 1) throw tooMuch(`A form may have ${mostFields} fields.`);
    const hasLongHead = body.length - at > longestHead && !body.subarray(at, at + longestHead).includes(endOfHead);
    if (hasLongHead) throw tooMuch(`The head of a field may have ${longestHead} bytes.`);
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Failure('BAD_USER_INPUT', 'Send text fields only: no file is taken here.', { httpStatus: 415 });
}

const tooMuch = (message: string): Failure => new Failure('BAD_USER_INPUT', message, { httpStatus: 413 });

const unreadable = (cause?: unknown): Failure =>
  new Failure('BAD_USER_INPUT', "The form broke off or can't be read: send its fields as multipart/form-data.", {
    cause,
  });
