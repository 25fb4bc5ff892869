// Does schema.graphql contain the contract? Asked domain by domain: what is not built yet is not missed,
// while whatever is there already has to be right.
import { type FieldDefinitionNode, Kind, print, type TypeDefinitionNode, type TypeNode } from 'graphql';
import {
  type Contract,
  type Domain,
  type Member,
  membersOf,
  type Progress,
  readContract,
  typesOf,
} from './contract-domains.js';

/** Grows with the issues and ends as the whole contract. */
export const doneDomains: readonly Domain[] = [
  'shared',
  'accounts',
  'IMEI',
  'leads',
  'system',
  'clients, mailings, messages',
];

/**
 * Types, members and arguments of done domains that are not due yet: their figures come from domains that are not done,
 * or they come with the dashboard. A member whose type is listed needs no entry of its own.
 */
export const later: readonly string[] = [
  'SystemStatus.activeCalls',
  'SystemStatus.botUsername',
  // The bot.
  'BotMode',
  'BotStatus',
  // The telephone.
  'Import.contactList',
  'Rehearsal.attempts',
  'Rehearsal.peakConcurrent',
  'Assumption',
  // The dashboard.
  'Activity',
  'Alarm.subject',
  'AuditConnection.exportUrl',
  'AuditFilter',
  'ClientConnection.exportUrl',
  'FileFormat',
  'ImeiCheckConnection.exportUrl',
  'LeadConnection.exportUrl',
  'Mailing.createdBy',
  'Mailing.errors',
  'MailingHold',
  'MailingHoldReason',
  'MailingSample',
  'MessageConnection.exportUrl',
  'Query.auditLog(filter:)',
  'RehearsalChange',
  'Simulator',
  'SimulatorName',
  'SuppressionConnection.exportUrl',
  'SystemStatus.production',
  'SystemStatus.simulated',
  'SystemStatus.timezone',
];

/** What clients that are written against the contract would stumble over, one sentence each. */
export function differences(
  schema: string,
  contract: string,
  progress: Progress = { done: doneDomains, later },
): string[] {
  const wanted = readContract(contract, progress);
  const offered = new Map(typesOf(schema).map((type) => [type.name.value, type]));
  return wanted.types.flatMap((type) => {
    const found = offered.get(type.name.value);
    if (!found) return wanted.isDue(type) ? [`${type.name.value}: the type is missing`] : [];
    if (found.kind !== type.kind) return [`${type.name.value}: is another kind of type`];
    return [...missingMembers(wanted, type, found), ...newDemands(type, found)].filter(
      (problem) => !progress.later.includes(problem.split(': is missing')[0] ?? ''),
    );
  });
}

/** Entries of `later` that are there after all, or that the contract does not know. */
export function staleExceptions(schema: string, contract: string, exceptions: readonly string[] = later): string[] {
  const known = coordinatesOf(contract);
  const built = coordinatesOf(schema);
  return exceptions.filter((coordinate) => !known.has(coordinate) || built.has(coordinate));
}

/** Fields and input fields that would stand in the playground without a word. */
export function undescribedFields(schema: string): string[] {
  return typesOf(schema).flatMap((type) =>
    membersOf(type)
      .filter((member) => member.kind !== Kind.ENUM_VALUE_DEFINITION && !member.description?.value.trim())
      .map((member) => `${type.name.value}.${member.name.value}`),
  );
}

function missingMembers(contract: Contract, wanted: TypeDefinitionNode, found: TypeDefinitionNode): string[] {
  const there = byName(membersOf(found));
  return membersOf(wanted).flatMap((member) => {
    const coordinate = `${wanted.name.value}.${member.name.value}`;
    const other = there.get(member.name.value);
    if (!other) return contract.isDue(wanted, member) ? [`${coordinate}: is missing`] : [];
    return compare(coordinate, member, other);
  });
}

function compare(coordinate: string, wanted: Member, found: Member): string[] {
  if (!('type' in wanted) || !('type' in found)) return [];
  const problems = sameType(coordinate, wanted.type, found.type);
  if (wanted.kind === Kind.FIELD_DEFINITION && found.kind === Kind.FIELD_DEFINITION) {
    return [...problems, ...compareArguments(coordinate, wanted, found)];
  }
  if (wanted.kind === Kind.INPUT_VALUE_DEFINITION && found.kind === Kind.INPUT_VALUE_DEFINITION) {
    const [before, after] = [wanted, found].map(({ defaultValue }) => (defaultValue ? print(defaultValue) : 'none'));
    if (before !== 'none' && before !== after)
      problems.push(`${coordinate}: its default is ${after} instead of ${before}`);
  }
  return problems;
}

function compareArguments(coordinate: string, wanted: FieldDefinitionNode, found: FieldDefinitionNode): string[] {
  const there = byName(found.arguments ?? []);
  const known = byName(wanted.arguments ?? []);
  const lost = [...known].flatMap(([name, argument]) => {
    const other = there.get(name);
    return other ? compare(`${coordinate}(${name}:)`, argument, other) : [`${coordinate}(${name}:): is missing`];
  });
  const demanded = [...there].filter(([name, argument]) => !known.has(name) && isRequired(argument));
  return [...lost, ...demanded.map(([name]) => `${coordinate}(${name}:): is new and required`)];
}

/** A new input field is welcome as long as nobody has to send it. */
function newDemands(wanted: TypeDefinitionNode, found: TypeDefinitionNode): string[] {
  const known = byName(membersOf(wanted));
  return membersOf(found)
    .filter((member) => !known.has(member.name.value) && isRequired(member))
    .map((member) => `${wanted.name.value}.${member.name.value}: is new and required`);
}

const isRequired = (member: Member): boolean =>
  member.kind === Kind.INPUT_VALUE_DEFINITION && member.type.kind === Kind.NON_NULL_TYPE && !member.defaultValue;

function sameType(coordinate: string, wanted: TypeNode, found: TypeNode): string[] {
  const [before, after] = [print(wanted), print(found)];
  return before === after ? [] : [`${coordinate}: is ${after} instead of ${before}`];
}

const byName = <M extends Member>(members: readonly M[]): Map<string, M> =>
  new Map(members.map((member) => [member.name.value, member]));

/** Types, their members, and the arguments of these, each as a schema coordinate. */
const coordinatesOf = (source: string): Set<string> =>
  new Set(
    typesOf(source).flatMap((type) => [
      type.name.value,
      ...membersOf(type).flatMap((member) => {
        const coordinate = `${type.name.value}.${member.name.value}`;
        const given = member.kind === Kind.FIELD_DEFINITION ? (member.arguments ?? []) : [];
        return [coordinate, ...given.map(({ name }) => `${coordinate}(${name.value}:)`)];
      }),
    ]),
  );
