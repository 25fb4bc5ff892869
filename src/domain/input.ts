// One zod schema for each input, read here: what is wrong is told all at once, by field.
import type { z } from 'zod';
import { Failure, type FieldFault } from '../shared/errors.js';
import { malformedTexts } from '../shared/well-formed.js';

export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  const malformed = malformedTexts(input);
  if (parsed.success && malformed.length === 0) return parsed.data;
  throw inputFailure([...malformed, ...(parsed.error?.issues.map(faultOf) ?? [])]);
}

function inputFailure(fields: readonly FieldFault[]): Failure {
  const text = fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new Failure('BAD_USER_INPUT', text, { fields });
}

function faultOf(issue: z.core.$ZodIssue): FieldFault {
  return { path: issue.path.join('.'), code: issue.code.toUpperCase(), message: issue.message };
}
