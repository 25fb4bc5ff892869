// Documents that say what the code says: written from its tables, never by hand.
import type { detailsOf, errorCodes } from '../../src/shared/errors.js';

export interface DocumentedSetting {
  readonly fallback: string;
  readonly what: string;
}

export type DocumentedSettings = Readonly<Record<string, DocumentedSetting>>;

export interface PermissionTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly field: string; readonly row: string; readonly cells: readonly boolean[] }[];
}

const generated = 'Generated from the code by `npm run generate`; `npm run check` compares.';

export const configurationDocument = (settings: DocumentedSettings): string => `# Configuration

Everything comes from the environment, or from a file \`.env\` at the root; the environment wins. It is read and checked once,
at the start. What is wrong is told all at once, by name, with what was expected, and the exit status is 2.
\`npm start -- --help\` prints the same list. Without any of it \`npm start\` runs the whole product on embedded parts.

${markdownTable(
  ['name', 'default', 'what'],
  Object.entries(settings).map(([name, { fallback, what }]) => [code(name), fallback ? code(fallback) : '–', what]),
)}

${generated}
`;

export const environmentExample = (settings: DocumentedSettings): string =>
  [
    '# Copy to .env and take the # away where you want something else; docs/CONFIGURATION.md tells more.',
    '',
    ...Object.entries(settings).map(([name, { fallback, what }]) => `# ${what}\n#${name}=${fallback}\n`),
  ].join('\n');

interface DocumentedErrors {
  readonly errorCodes: typeof errorCodes;
  readonly errorCodeNames: readonly (keyof typeof errorCodes)[];
  readonly detailsOf: typeof detailsOf;
}

export const errorsDocument = ({
  errorCodes: codes,
  errorCodeNames: names,
  detailsOf,
}: DocumentedErrors): string => `# Errors

One set of codes for every door. In GraphQL a code stands in \`errors[].extensions.code\`, in REST in the \`code\` of an
\`application/problem+json\` body with the status below. Beside it, where they apply:

- \`fields\`: \`[{ path, code, message }]\`, every input that was wrong, all at once;
- \`reasons\`: what it clashes with, e.g. \`["DUPLICATE_EMAIL"]\`, or what is missing, e.g. \`["PASSWORD_CHANGE_REQUIRED"]\`;
- \`retryAfter\`: seconds, and the \`Retry-After\` header;
- \`requestId\`: with INTERNAL, to find it in the logs. Nothing else is told about a fault of ours.

${markdownTable(
  ['code', 'HTTP', 'meaning'],
  Object.entries(codes).map(([name, { httpStatus, meaning }]) => [code(name), String(httpStatus), meaning]),
)}

The words that can stand in \`reasons\` and in \`fields[].code\`. GraphQL tells the same lists by \`{ errorCodes { code reasons fieldCodes } }\`,
and \`/openapi.json\` in the schema \`Problem\`. A release may add words: treat one that you do not know as you treat its code.

${markdownTable(
  ['code', 'reason', 'meaning'],
  names.flatMap((name) =>
    Object.entries(detailsOf(name).reasons).map(([reason, meaning]) => [code(name), code(reason), meaning]),
  ),
)}

${markdownTable(
  ['code', 'field code', 'meaning'],
  names.flatMap((name) =>
    Object.entries(detailsOf(name).fieldCodes).map(([word, meaning]) => [code(name), code(word), meaning]),
  ),
)}

GraphQL over HTTP answers 200 where an operation ran, and 4xx where it was refused before it began. Mistakes of parsing, validation and
variables are BAD_USER_INPUT; so are 405 (method), 413 (too large) and 415 (media type), with that status.

${generated}
`;

export const permissionsDocument = ({ columns, rows }: PermissionTable): string => `# Permissions

Who may use each root field: nobody, a person of each role, and an API token with one scope that belongs to an ADMIN (a token
may never do more than its owner). The rows are those of \`src/auth/policies.ts\`; what no row allows is denied, and the
server does not start while a root field has no row. A test calls each cell.

${markdownTable(
  ['field', 'row', ...columns],
  rows.map(({ field, row, cells }) => [code(field), row, ...cells.map((cell) => (cell ? 'yes' : '–'))]),
)}

${generated}
`;

const code = (text: string): string => `\`${text}\``;

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
