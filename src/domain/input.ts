// One zod schema for each input, read here: what is wrong is told all at once, by field.
import type { z } from 'zod';
import type { FieldCode } from '../shared/error-details.js';
import { Failure, type FieldFault } from '../shared/errors.js';

export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw inputFailure(parsed.error);
}

export function inputFailure(error: z.ZodError): Failure {
  const fields = error.issues.map(faultOf);
  const text = fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new Failure('BAD_USER_INPUT', text, { fields });
}

function faultOf(issue: z.core.$ZodIssue): FieldFault {
  const code: FieldCode = issue.code.toUpperCase() as Uppercase<typeof issue.code>;
  return { path: issue.path.join('.'), code, message: issue.message };
}
