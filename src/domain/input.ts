// One zod schema for each input, read here: all faults are told at once, by field, and unknown keys by their names.
import { z } from 'zod';
import { didYouMean } from '../shared/did-you-mean.js';
import { isFieldCode } from '../shared/error-details.js';
import { badInputs, type FieldFault, mostFaults } from '../shared/errors.js';
import { malformedTexts } from '../shared/well-formed.js';

/** A longer name of an unknown key is told by its beginning. */
const longestName = 64;

/** `others` finds what else is wrong with an input that does not fit its schema, so that one answer tells all of it. */
export function parseInput<S extends z.ZodType>(
  schema: S,
  input: unknown,
  others: () => readonly FieldFault[] = () => [],
): z.infer<S> {
  const known: KnownKeys = new Map();
  const parsed = schema.safeParse(input, {
    error: ({ code, inst, path }) => {
      if (code !== 'unrecognized_keys') return undefined;
      if (inst instanceof z.ZodObject) known.set(pathOf(path), Object.keys(inst.shape));
      return 'unknown';
    },
  });
  const malformed = malformedTexts(input);
  if (parsed.success && malformed.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  throw badInputs([...malformed, ...issues.flatMap((issue) => faultsOf(issue, known)), ...others()]);
}

/** By the path of the object that has them. */
type KnownKeys = Map<string, readonly string[]>;

/** A domain's own code for what is wrong is what `params.code` of a custom issue says. */
function faultsOf(issue: z.core.$ZodIssue, known: KnownKeys): FieldFault[] {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, known.get(path) ?? []);
  const own: unknown = issue.code === 'custom' ? issue.params?.code : undefined;
  const general = issue.code.toUpperCase() as Uppercase<typeof issue.code>;
  return [{ path, code: isFieldCode(own) ? own : general, message: issue.message }];
}

/** A suggestion costs some microseconds, so only those that will be told get one. */
const unknownKeys = (keys: readonly string[], path: string, known: readonly string[]): FieldFault[] =>
  keys.map((key, n) => {
    const meant = n < mostFaults ? didYouMean(key, known) : undefined;
    const name = key.length > longestName ? `${key.slice(0, longestName)}…` : key;
    const message = meant === undefined ? 'unknown' : `unknown; did you mean ${meant}?`;
    return { path: path === '' ? name : `${path}.${name}`, code: 'UNKNOWN', message };
  });

const pathOf = (path: readonly PropertyKey[] | undefined = []): string => path.join('.');
