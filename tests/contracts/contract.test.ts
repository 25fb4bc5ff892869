// schema.graphql, which clients see, contains the contract as far as its domains are done; and the comparison is able to fail.
import { readFileSync } from 'node:fs';
import { buildSchema, isEnumType, isScalarType, isSpecifiedScalarType } from 'graphql';
import { fieldCodes, reasonsByCode } from '../../src/shared/error-details.js';
import { differences, later, staleExceptions, undescribedFields } from './containment.js';
import { domains, type Progress } from './contract-domains.js';

const contract = readFileSync('tests/contracts/contract.graphql', 'utf8');

describe('schema.graphql', () => {
  const schema = (): string => readFileSync('schema.graphql', 'utf8');

  it('contains the contract of the domains that are done', () => {
    expect(differences(schema(), contract)).toEqual([]);
  });

  it('lacks what is excused for later', () => {
    expect(staleExceptions(schema(), contract)).toEqual([]);
  });

  it('describes every field', () => {
    expect(undescribedFields(schema())).toEqual([]);
  });

  it('left generators of clients to guess three of its scalars: each says by what it is specified', () => {
    const scalars = Object.values(buildSchema(schema()).getTypeMap()).filter(
      (type) => isScalarType(type) && !isSpecifiedScalarType(type),
    );
    expect(scalars).toHaveLength(6);
    for (const scalar of scalars) {
      expect(scalar).toMatchObject({
        specifiedByURL: expect.stringMatching(/^https:\/\//),
        description: expect.any(String),
      });
    }
  });

  it('told no reason and no field code: the enum of codes names those that come with each', () => {
    const codes = buildSchema(schema()).getType('ErrorCode');
    const told = isEnumType(codes) ? codes.getValues().map(({ name, description }) => [name, description ?? '']) : [];
    for (const [code, words] of Object.entries(reasonsByCode)) {
      const description = Object.fromEntries(told)[code] ?? '';
      expect(Object.keys(words).filter((word) => !description.includes(word))).toEqual([]);
    }
    const badInput = Object.fromEntries(told).BAD_USER_INPUT ?? '';
    expect(Object.keys(fieldCodes).filter((word) => !badInput.includes(word))).toEqual([]);
  });
});

describe('the comparison', () => {
  const whole: Progress = { done: domains, later: [] };
  const without = (from: string | RegExp, to: string): string => {
    const doctored = contract.replace(from, to);
    expect(doctored).not.toBe(contract);
    return doctored;
  };

  it('finds nothing to say about the contract itself', () => {
    expect(differences(contract, contract, whole)).toEqual([]);
  });

  it.each<[what: string, from: string | RegExp, to: string, problem: string]>([
    ['a removed field', 'login: String! name', 'name', 'User.login: is missing'],
    [
      'a removed root field',
      '  telegramAccessRequests: [TelegramAccessRequest!]!\n',
      '',
      'Query.telegramAccessRequests: is missing',
    ],
    ['a removed type', 'type CountByKey { key: String! count: Int! }', '', 'CountByKey: the type is missing'],
    ['a removed page type', /type AuditEdge .*/, '', 'AuditEdge: the type is missing'],
    ['a removed argument', 'apiTokens(userId: ID)', 'apiTokens', 'Query.apiTokens(userId:): is missing'],
    [
      'a narrowed argument',
      'apiTokens(userId: ID)',
      'apiTokens(userId: ID!)',
      'Query.apiTokens(userId:): is ID! instead of ID',
    ],
    [
      'a new demand',
      'acknowledgeAlarm(id: ID!)',
      'acknowledgeAlarm(id: ID!, why: String!)',
      'Mutation.acknowledgeAlarm(why:): is new and required',
    ],
    [
      'a field that may now be null',
      'abilities: [String!]!',
      'abilities: [String!]',
      'Viewer.abilities: is [String!] instead of [String!]!',
    ],
    ['another type', 'code: ErrorCode!', 'code: String!', 'ErrorInfo.code: is String! instead of ErrorCode!'],
    [
      'another kind of type',
      'enum Weekday { MON TUE WED THU FRI SAT SUN }',
      'scalar Weekday',
      'Weekday: is another kind of type',
    ],
    ['a missing enum value', 'enum Role { ADMIN OPERATOR', 'enum Role { ADMIN', 'Role.OPERATOR: is missing'],
    ['a lost scalar', 'scalar Decimal ', '# ', 'Decimal: the type is missing'],
    [
      'a removed input field',
      'input UpdateLeadInput { name: String',
      'input UpdateLeadInput {',
      'UpdateLeadInput.name: is missing',
    ],
    [
      'a new required input field',
      'input UpdateLeadInput {',
      'input UpdateLeadInput { why: String!',
      'UpdateLeadInput.why: is new and required',
    ],
    [
      'another default',
      'dryRun: Boolean = true',
      'dryRun: Boolean = false',
      'Mutation.importMembers(dryRun:): its default is false instead of true',
    ],
  ])('notices %s', (_what, from, to, problem) => {
    expect(differences(without(from, to), contract, whole)).toEqual([problem]);
  });

  it.each([
    ['a field', 'type User {', 'type User { shoeSize: Int'],
    ['an optional argument', 'apiTokens(userId: ID)', 'apiTokens(userId: ID, name: String)'],
    ['an argument with a default', 'acknowledgeAlarm(id: ID!)', 'acknowledgeAlarm(id: ID!, quietly: Boolean! = false)'],
    ['an enum value', 'enum Role {', 'enum Role { AUDITOR'],
    ['an optional input field', 'input UpdateLeadInput {', 'input UpdateLeadInput { why: String'],
    ['a type', 'scalar JSON', 'type Shoe { size: Int }\nscalar JSON'],
  ])('welcomes %s', (_what, from, to) => {
    expect(differences(without(from, to), contract, whole)).toEqual([]);
  });

  it('asks for nothing of a domain that is not done, and for all of it once it is', () => {
    const schema = without(/# ── IMEI[\s\S]*(?=# ── system)/, '');
    const rest = schema
      .replace(
        /\n# connections of the smaller lists[\s\S]*?(?=\ntype Query)/,
        /\ntype TelegramGrantConnection.*\ntype TelegramGrantEdge.*/.exec(contract)?.[0] ?? '',
      )
      .replace(/(?<=scheduledJobs: \[ScheduledJob!\]!\n)[\s\S]*?\n}/, '}')
      .replace(/(?<=resolveTelegramAccessRequest.*\n)[\s\S]*?\n}/, '}')
      .replace(/(?<=type Subscription {)[\s\S]*?(?= {2}alarms)/, '')
      .replace(/gateways: .*|queuedMessages: Int! activeCalls: Int!/g, '');
    const begun: Progress = {
      done: ['shared', 'accounts', 'system'],
      later: [...later, 'SystemStatus.queuedMessages'],
    };
    expect(differences(rest, contract, begun)).toEqual([]);
    const missing = differences(rest, contract, { ...begun, done: [...begun.done, 'leads'] });
    expect(missing).toContain('Lead: the type is missing');
    expect(missing).toContain('Query.leads: is missing');
    expect(missing).toContain('Query.blockedIps: is missing');
    expect(missing).toContain('BlockedIpEdge: the type is missing');
    expect(missing).toContain('Subscription.leads: is missing');
    expect(missing).not.toContain('Query.mailings: is missing');
  });

  it('holds what is there already to the contract, done or not', () => {
    const schema = without('imei: String! tac: String! status', 'imei: Int! tac: String! status');
    expect(differences(schema, contract)).toEqual(['ImeiCheck.imei: is Int! instead of String!']);
  });

  it('calls an exception stale when its field exists or is unknown', () => {
    expect(staleExceptions(contract, contract, ['SystemStatus.activeCalls', 'User.shoeSize'])).toEqual([
      'SystemStatus.activeCalls',
      'User.shoeSize',
    ]);
  });

  it('sees a field without a description', () => {
    expect(undescribedFields('type A { "said" a: Int b: Int } input B { c: Int } enum C { D }')).toEqual([
      'A.b',
      'B.c',
    ]);
  });
});
