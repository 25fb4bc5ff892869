// GraphQL without a transport: documents are parsed, validated and kept once for HTTP and WebSockets alike, and executed
// within every limit. Does not know where a request came from; who asks stands in its context.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ParseOptions,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { isSignedIn, type Viewer } from '../auth/viewer.js';
import { costCounter, costRefusal } from '../schema/complexity.js';
import { documentLimits, documentRules, lengthRefusal } from '../schema/document-limits.js';
import { createExecutor, type Executor, type OperationArgs } from './executor.js';

export interface EngineOptions {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly maxDepth: number;
  readonly maxCost: number;
}

/** What every operation has in its context. */
export interface Asking {
  readonly viewer: Viewer;
}

export interface Engine {
  readonly schema: GraphQLSchema;
  readonly parseOptions: ParseOptions;
  /** Leaves "Did you mean" out of what is said about documents and variables. */
  readonly hideSuggestions: boolean;
  /** Documents that were found valid, by their text. */
  readonly documents: LRUCache<string, DocumentNode>;
  /** The valid document, or what is wrong with it. */
  read(source: string): DocumentNode | readonly GraphQLError[];
  /** What is wrong with a document that was parsed; one that is valid is kept. */
  validate(document: DocumentNode): readonly GraphQLError[];
  /** Why this may not run; its variables are good. */
  refuse(args: OperationArgs): GraphQLError | undefined;
  readonly execute: Executor;
}

/** Characters of text: a document of 2 KB takes 0.5 MB with its tree and its plan, so that all of them take 64 MB at most. */
const keptText = 256 * 1_024;
const keptDocuments = 1_000;
/** A document of 450 tokens can be wrong in 400 ways; five are enough to go on with. */
const maxErrors = 5;

export function createEngine({ schema, production, maxDepth, maxCost }: EngineOptions): Engine {
  const costOf = costCounter(schema);
  const refuse = (args: OperationArgs): GraphQLError | undefined => {
    if (production && !mayAskForSchema(args.contextValue) && asksForSchema(args.document)) return notForNobody();
    return costRefusal(() => costOf(args), maxCost);
  };
  const parseOptions = { maxTokens: documentLimits.tokens };
  const rules = [...specifiedRules, ...documentRules(maxDepth)];
  const hideSuggestions = production;
  const documents = new LRUCache<string, DocumentNode>({
    max: keptDocuments,
    maxSize: keptText,
    sizeCalculation: ({ loc }) => (loc?.source.body.length ?? 0) + 1,
  });
  const valid = (document: DocumentNode): readonly GraphQLError[] => {
    const source = document.loc?.source.body ?? '';
    const refusal = lengthRefusal(source);
    if (refusal) return [refusal];
    const errors = told(() => validate(schema, document, rules, { maxErrors, hideSuggestions }));
    if (errors.length === 0) documents.set(source, document);
    return errors;
  };
  return {
    schema,
    parseOptions,
    hideSuggestions,
    documents,
    refuse,
    execute: createExecutor({ schema, hideSuggestions, refuse }),
    validate: valid,
    read: (source) => {
      const known = documents.get(source);
      if (known) return known;
      const document = parsed(source, parseOptions);
      if (document instanceof GraphQLError) return [document];
      const errors = valid(document);
      return errors.length > 0 ? errors : document;
    },
  };
}

function mayAskForSchema(context: unknown): boolean {
  return (
    typeof context === 'object' && context !== null && 'viewer' in context && isSignedIn((context as Asking).viewer)
  );
}

const notForNobody = (): GraphQLError =>
  new GraphQLError('The schema is shown to those who are signed in.', { extensions: { code: 'UNAUTHENTICATED' } });

/** graphql-js evaluates conditions at the root of a subscription while it validates, and throws what is wrong with them. */
function told(validation: () => readonly GraphQLError[]): readonly GraphQLError[] {
  try {
    return validation();
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function parsed(source: string, options: ParseOptions): DocumentNode | GraphQLError {
  try {
    return parse(source, options);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

const schemaQueries = new WeakMap<DocumentNode, boolean>();

function asksForSchema(document: DocumentNode): boolean {
  const known = schemaQueries.get(document);
  if (known !== undefined) return known;
  let asks = false;
  visit(document, {
    Field({ name }) {
      if (name.value === '__schema' || name.value === '__type') asks = true;
    },
  });
  schemaQueries.set(document, asks);
  return asks;
}
