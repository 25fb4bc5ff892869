// docker-compose.yml as Compose would read it: variables put in, services with their environment, commands and checks.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly restart?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** With what stands in `.env`. */
export function readCompose(variables: Readonly<Record<string, string>> = {}): ComposeFile {
  const file: unknown = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
  return fillIn(file, variables) as ComposeFile;
}

/** After parsing, as Compose does it: a variable that is empty is an empty text and not YAML's null. */
function fillIn(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return interpolate(value, variables);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, variables)]));
}

/** `${NAME:-default}`, where the default may hold another one; `$$` is a dollar. */
function interpolate(source: string, variables: Readonly<Record<string, string>>): string {
  const innermost = /(?<!\$)\$\{(\w+):-([^${}]*)\}/;
  let text = source;
  while (innermost.test(text))
    text = text.replace(innermost, (_, name: string, other: string) => variables[name] || other);
  return text.replaceAll('$$', '$');
}
