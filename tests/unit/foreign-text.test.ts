// Whatever strangers send costs little: every parser of foreign text gets the worst texts for it, 256 kB of each or as much as it
// is ever given, and has to be done in 20 ms of CPU; four times the text costs about four times as much.

import type { Socket } from 'node:net';
import type { OperationDefinitionNode } from 'graphql';
import { bearerToken } from '../../src/auth/authenticate.js';
import type { Viewer } from '../../src/auth/viewer.js';
import { loginField, nameField, passwordField } from '../../src/domain/accounts/inputs.js';
import { clientImportRow, clientQueryInput, createClientInput } from '../../src/domain/clients/client.inputs.js';
import { suppressionImportRow } from '../../src/domain/clients/suppression.inputs.js';
import { isId } from '../../src/domain/ids.js';
import { deviceFrom } from '../../src/domain/imei/device.js';
import { checkImeisInput } from '../../src/domain/imei/imei-batch.inputs.js';
import { readImei } from '../../src/domain/imei/imei-number.js';
import { imeiCandidates } from '../../src/domain/imei/imei-suggestions.js';
import { parseInput } from '../../src/domain/input.js';
import { canonicalDomain, canonicalEmail } from '../../src/domain/leads/contact.js';
import { createLeadInput, leadQueryInput, updateLeadInput } from '../../src/domain/leads/lead.inputs.js';
import { createLegacyMailingInput } from '../../src/domain/mailings/legacy-mailing.inputs.js';
import { audienceInput, createMailingInput } from '../../src/domain/mailings/mailing.inputs.js';
import { pageOf } from '../../src/domain/page.js';
import type { Work } from '../../src/domain/work.js';
import { balanceIn, checkIn, checksIn, servicesIn } from '../../src/gateways/imei/check-object.js';
import { outcomeOf } from '../../src/gateways/messages/answer.js';
import { languageOf } from '../../src/rest/accept-language.js';
import { readParameters } from '../../src/rest/oauth.request.js';
import { createCallerFinder } from '../../src/server/client-address.js';
import { createLegacyOpen } from '../../src/server/legacy-open.js';
import { allowedOrigins, mayOpenSocket } from '../../src/server/origins.js';
import { maxMessageBytes } from '../../src/server/ws-limits.js';
import { canonicalRange } from '../../src/shared/address-ranges.js';
import { isToken } from '../../src/shared/crypto.js';
import { toFailure } from '../../src/shared/errors.js';
import { AnswerReader } from '../../src/shared/http-answer.js';
import { phoneDigits } from '../../src/shared/phone.js';
import { retryAfterMs } from '../../src/shared/retry-after.js';
import { canonicalTimeZone } from '../../src/shared/time-zone.js';
import { excess, longestText } from '../support/cpu-cost.js';

// As it runs elsewhere: without it graphql-js asks of each value whether there is a second copy of graphql-js.
process.env.NODE_ENV = 'production';
const { GraphQLError, parse } = await import('graphql');
const { presentError, presentRefusal } = await import('../../src/schema/format-error.js');
const { DateTimeScalar } = await import('../../src/schema/scalars.js');
const { createEngine } = await import('../../src/server/engine.js');
const { variablesOf } = await import('../../src/server/execution/variables.js');
const { productSchema } = await import('../../src/server/product-schema.js');
const { prepareSubscription } = await import('../../src/server/subscription-documents.js');
const { isReadable } = await import('../../src/server/ws-protocol.js');

type Parser = (text: string) => unknown;

/** Of node: all headers of a request together. */
const longestHeader = 16_384;

const schema = await productSchema();
const engine = createEngine({ schema, production: false, maxDepth: 10, maxCost: 5_000 });
const viewer = { identity: { kind: 'nobody' }, origin: {} } as Viewer;

const headers: Readonly<Record<string, Parser>> = {
  Authorization: (text) => bearerToken(`Bearer${text}a\nb`),
  'Accept-Language': languageOf,
  'X-Forwarded-For': (text) => {
    const socket = { remoteAddress: '127.0.0.1' } as Socket;
    return createCallerFinder(['127.0.0.0/8'])({ headers: { 'x-forwarded-for': text }, socket });
  },
  Origin: (text) => mayOpenSocket(allowedOrigins({ NODE_ENV: 'development' }), `http://${text}`, 'localhost'),
  Host: (text) =>
    createLegacyOpen({ LEGACY_OPEN: ['127.0.0.0/8'] })({
      caller: { address: '127.0.0.1', loopback: true, viaTrustedProxy: false },
      headers: { host: text },
    }),
};

/** Of what a message gateway answers. */
const longestOutcome = 65_536;
const readAnswer: Parser = (text) => new AnswerReader(longestOutcome).read(Buffer.from(text, 'latin1'));
const answers: Readonly<Record<string, Parser>> = {
  'a header': (text) => readAnswer(`HTTP/1.1 200 OK\r\nx: ${text}\nx\r\n\r\n`),
  'headers without end': (text) => readAnswer(`HTTP/1.1 200 OK\r\n${text}`),
  'the name of a header': (text) => readAnswer(`HTTP/1.1 200 OK\r\n${text}: x\r\n\r\n`),
  'its status line': (text) => readAnswer(`HTTP/1.1 200 ${text}\r\n\r\n`),
  'the time that a connection may be idle': (text) => readAnswer(`HTTP/1.1 204 OK\r\nkeep-alive: ${text}\r\n\r\n`),
  chunks: (text) => readAnswer(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${text}`),
  'the extension of a chunk': (text) => readAnswer(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1${text}\r\n`),
  trailers: (text) => readAnswer(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${text}`),
  'its body': (text) => readAnswer(`HTTP/1.1 200 OK\r\n\r\n${text}`),
  'Retry-After': (text) => retryAfterMs(text, 0),
  'Retry-After as a date': (text) => retryAfterMs(`Mon${text}`, 0),
  'the outcome of a message': (text) =>
    outcomeOf({ kind: 'whole', status: 200, body: Buffer.from(text.slice(0, longestOutcome)) }),
  'a list of checks': (text) => checksIn(`[${text}]`),
  'a list of checks that is cut off': (text) => checksIn(`[${text}`, true),
  'the title of a service': (text) => servicesIn(`[{"title":"${text}"}]`),
  'a balance': (text) => balanceIn(`{"balance":"${text}"}`),
  'a check': (text) => checkIn(`{"id":"${text}","deviceId":"1","service":{"id":1}}`),
  'the service of a check': (text) => checkIn(`{"id":"1","deviceId":"1","service":{"id":"${text}"}}`),
  'what a check cost': (text) =>
    checkIn(`{"id":"1","deviceId":"1","service":{"id":1},"status":"successful","amount":"1.${text}"}`),
  'a device': (text) =>
    deviceFrom(
      {
        ...{ deviceName: text, simLock: text, usaBlockStatus: text, gsmaBlacklisted: text },
        ...{ image: `https://x/${text}`, purchaseDate: text, estPurchaseDate: text },
      },
      null,
    ),
};

const numbers: Readonly<Record<string, Parser>> = {
  'a token': (text) => isToken(`sb_${text}`),
  'an id': isId,
  'a phone': phoneDigits,
  'a phone with country code': (text) => phoneDigits(`tel:+7${text}`),
  'an e-mail address': canonicalEmail,
  'an e-mail address of its longest': (text) => canonicalEmail(`${text.slice(0, 240)}@example.com`),
  'a domain': canonicalDomain,
  'an address': canonicalRange,
  'an address in brackets': (text) => canonicalRange(`[${text}]/24`),
  'an IMEI': readImei,
  'an IMEI that was mistyped': imeiCandidates,
  'a time zone': canonicalTimeZone,
  'a time zone that begins like one': (text) => canonicalTimeZone(`Europe/${text}`),
  'a moment': (text) => DateTimeScalar.parseValue(text),
  'a moment of many digits': (text) => DateTimeScalar.parseValue(`2026-01-01T00:00:00.${text}Z`),
  'a cursor': (text) =>
    pageOf({} as Work, { select: '*', from: 't', key: [['id', 'bigint']], direction: 'asc' }, { after: text }),
  'a cursor that is JSON': (text) =>
    pageOf(
      {} as Work,
      { select: '*', from: 't', key: [['id', 'bigint']], direction: 'asc' },
      { after: Buffer.from(JSON.stringify([text])).toString('base64url') },
    ),
};

const inputs: Readonly<Record<string, Parser>> = {
  'an account': (text) => [loginField, nameField, passwordField].map((field) => field.safeParse(text)),
  'a client': (text) =>
    parseInput(createClientInput, { phone: text, operatorCode: text, tag: text, timezone: text, name: text }),
  'a client in a file': (text) =>
    parseInput(clientImportRow, { phone: text, operatorCode: text, tag: text, timezone: text, name: text }),
  'a filter of clients': (text) =>
    parseInput(clientQueryInput, { filter: { search: text, tags: [text] }, orderBy: text }),
  'a suppression in a file': (text) => parseInput(suppressionImportRow, { phone: text, channel: text, note: text }),
  'a lead': (text) =>
    parseInput(createLeadInput, { name: text, email: text, phone: text, ipAddress: text, source: text }),
  'a lead that is changed': (text) => parseInput(updateLeadInput, { note: text, status: text }),
  'a filter of leads': (text) =>
    parseInput(leadQueryInput, { filter: { emailDomain: text, phoneLastFour: text, name: text } }),
  'a mailing': (text) =>
    parseInput(createMailingInput, {
      text,
      endsAt: text,
      filter: { operatorCodes: [text] },
      window: { from: text, to: text, days: [text] },
      onUncertain: text,
    }),
  'a mailing of the old server': (text) =>
    parseInput(createLegacyMailingInput, {
      ...{ start_day: text, end_day: `2026-01-01 00:00:00.${text}`, start_time: text, end_time: `00:00:00.${text}` },
      ...{ body: text, tag: text, operator_code: text },
    }),
};

const told: Parser = (message) => presentError(new GraphQLError(message), 'request');
const errorTexts: Readonly<Record<string, Parser>> = {
  'of a request': told,
  'of a variable': (text) => told(`Variable "$v" got an invalid value at "v.${text}"; ${text}`),
  'of a value that is none': (text) => told(`Value "${text}" does not exist in "E" enum.`),
  'of a field that is missing': (text) => told(`${text}Field "${text}" of required type "T" was not provided.`),
  'of an argument': (text) =>
    presentError(
      new GraphQLError(`Argument "a" has invalid value ${text}`, {
        path: ['a'],
        originalError: new GraphQLError(text),
      }),
      'request',
    ),
  'of Apollo': (text) => presentRefusal({ message: text }, new GraphQLError(text)),
  'of a driver': (text) => toFailure(new Error(text)),
};

/** Those that were valid once are kept. */
const read: Parser = (text) => {
  engine.documents.clear();
  return engine.read(text);
};
const documents: Readonly<Record<string, Parser>> = {
  'as it is': read,
  'a selection': (text) => read(`{ ${text} }`),
  'a string': (text) => read(`{ lead(id: "${text}") { id } }`),
  'a block string': (text) => read(`{ lead(id: """${text}""") { id } }`),
  'a value of an enum': (text) => read(`{ leads(filter: { status: "${text}" }) { totalCount } }`),
  'a number': (text) => read(`{ leads(first: ${text}) { totalCount } }`),
  'a comment': (text) => read(`# ${text}`),
};

const frames: Readonly<Record<string, Parser>> = {
  'as it is': isReadable,
  'a ping': (text) => isReadable(JSON.stringify({ type: 'ping', payload: { a: text } })),
  'of objects': (text) => isReadable(`{"type":"ping","payload":${text}`),
  'a document': (query) => prepareSubscription(engine, { query, operationName: undefined, variables: {} }, viewer),
  'the name of an operation': (operationName) =>
    prepareSubscription(engine, { query: 'subscription A { leads { id } }', operationName, variables: {} }, viewer),
  'one of its variables': (text) =>
    prepareSubscription(
      engine,
      { query: 'subscription { leads { id } }', operationName: undefined, variables: { [text]: text } },
      viewer,
    ),
};

const letters = [
  'a',
  '0',
  ' ',
  '"',
  '\\',
  '-',
  '.',
  '/',
  ':',
  ';',
  ',',
  '@',
  '[',
  '{',
  '(',
  '\n',
  '\0',
  '+7',
  'я',
  '😀',
];
const words = [
  ...[
    ' cannot represent ',
    ' cannot represent :',
    ' got invalid value ',
    ' at "a"; ',
    ', found ',
    'Unexpected String "',
  ],
  ...[
    'Field "a',
    '" of required type ',
    'Value "',
    '" does not exist in ',
    '\\u0041',
    '"""',
    '\n  ',
    '#',
    '$a ',
    '...a ',
  ],
  ...['a:a ', '{a', '{"a":', '[[', ']', '}', 'q=1;', 'en,', '::', '1.', '1, ', 'xn--', 'timeout=', '0\r\n', 'a: b\r\n'],
];
const units = [...letters, ...words];

const groups: readonly [string, Readonly<Record<string, Parser>>, number][] = [
  ['the header', headers, longestHeader],
  ['an answer of a provider:', answers, longestText],
  ['a value:', numbers, longestText],
  ['the input of', inputs, longestText],
  ['an error text', errorTexts, longestText],
  ['a GraphQL document:', documents, longestText],
  ['a WebSocket frame:', frames, maxMessageBytes],
];

describe.each(groups)('%s', (_group, parsers, longest) => {
  it.each(Object.entries(parsers))('%s', async (_name, parser) => {
    const wrong: Record<string, string> = {};
    for (const unit of units) {
      const found = await excess({ input: (length) => filledWith(unit, length), read: parser, longest });
      if (found) wrong[unit] = found;
    }
    expect(wrong).toEqual({});
  });
});

const filledWith = (unit: string, length: number): string => unit.repeat(length / unit.length);

const filterOperation = parse('query($filter: ClientFilter) { clients(filter: $filter) { totalCount } }')
  .definitions[0] as OperationDefinitionNode;
const readVariables = (given: Record<string, unknown>): unknown =>
  variablesOf({ schema, operation: filterOperation, given, hideSuggestions: false });

/** As many of them as there is room for. */
const many = (each: (index: number) => string, length: number): string => {
  const count = Math.floor(length / (each(length).length + 1));
  return Array.from({ length: count }, (_, index) => each(index)).join();
};

describe('variables', () => {
  it.each<[string, (length: number) => string]>([
    ['an input key', (length) => `{"filter":{"${'k'.repeat(length)}":1}}`],
    ['many input keys', (length) => `{"filter":{${many((index) => `"k${index}":1`, length)}}}`],
    ['many of them', (length) => `{${many((index) => `"k${index}":{}`, length)}}`],
    ['many items', (length) => `{"filter":{"tags":[${many(() => '"a"', length)}]}}`],
    ['many items that are wrong', (length) => `{"filter":{"tags":[${many(() => '1', length)}]}}`],
    ['a text for a list', (length) => `{"filter":{"tags":"${'a'.repeat(length)}"}}`],
    ['a text for an object', (length) => `{"filter":"${'a'.repeat(length)}"}`],
    ['nested lists', (length) => `{"filter":{"tags":${'['.repeat(length / 2)}${']'.repeat(length / 2)}}}`],
    ['nested objects', (length) => `{"filter":${'{"a":'.repeat(length / 6)}1${'}'.repeat(length / 6)}}`],
  ])('%s', async (_name, text) => {
    expect(await excess({ input: (length) => JSON.parse(text(length)), read: readVariables })).toBeUndefined();
  });
});

describe('an answer of a provider with', () => {
  it.each<[string, Parser, (length: number) => string]>([
    ['many services', servicesIn, (length) => `[${many(() => '{"id":1,"title":"","price":"1"}', length)}]`],
    ['many services that are none', servicesIn, (length) => `[${many(() => '1', length)}]`],
    ['many checks that are none', checksIn, (length) => `[${many(() => '1', length)}]`],
  ])('%s', async (_name, read, input) => {
    expect(await excess({ input, read: (text) => read(text) })).toBeUndefined();
  });
});

describe('JSON that a schema of ours reads', () => {
  it.each<[string, (json: unknown) => unknown, (length: number) => string]>([
    ['many tags', (json) => parseInput(audienceInput, json), (length) => `{"tags":[${many(() => '"a"', length)}]}`],
    [
      'many tags that are wrong',
      (json) => parseInput(audienceInput, json),
      (length) => `{"tags":[${many(() => '1', length)}]}`,
    ],
    [
      'many keys',
      (json) => parseInput(createMailingInput, json),
      (length) => `{${many((index) => `"k${index}":1`, length)}}`,
    ],
    ['many IMEIs', (json) => parseInput(checkImeisInput, json), (length) => `{"imeis":[${many(() => '1', length)}]}`],
    ['OAuth parameters', readParameters, (length) => `{${many((index) => `"k${index}":1`, length)}}`],
  ])('%s', async (_name, read, text) => {
    expect(await excess({ input: (length) => JSON.parse(text(length)), read })).toBeUndefined();
  });
});
