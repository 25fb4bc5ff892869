// What a TypeScript source imports: static and dynamic imports, re-exports and import types.
import { parseSync } from '@swc/core';

export interface Import {
  readonly from: string;
  /** `import type`, which the compiler takes away; `import { type X }` leaves an import behind. */
  readonly typesOnly: boolean;
}

export function importsOf(source: string): Import[] {
  const tree: unknown = parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2023' });
  return [...nodesOf(tree)].flatMap(importOf);
}

type Node = Readonly<Record<string, unknown>>;

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

function importOf(node: Node): Import[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return named(node.source, node.typeOnly === true);
    case 'TsImportType':
      return named(node.argument, true);
    case 'CallExpression':
      return isNode(node.callee) && node.callee.type === 'Import' ? named(firstOf(node.arguments), false) : [];
    default:
      return [];
  }
}

const named = (literal: unknown, typesOnly: boolean): Import[] =>
  isNode(literal) && literal.type === 'StringLiteral' ? [{ from: String(literal.value), typesOnly }] : [];

const firstOf = (list: unknown): unknown => (Array.isArray(list) && isNode(list[0]) ? list[0].expression : undefined);

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
