// Reads the contract: which domain each type and root field belongs to, by the banners and blank lines of the file,
// and what is due when some of the domains are done.
import {
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type Location,
  parse,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';

/** `shared` is what stands before the first banner; the others are the banners, in their order. */
export const domains = [
  'shared',
  'accounts',
  'IMEI',
  'leads',
  'clients, mailings, messages',
  'SIP calls',
  'community',
  'system',
] as const;
export type Domain = (typeof domains)[number];
export type Member = FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode;

export interface Progress {
  readonly done: readonly Domain[];
  readonly later: readonly string[];
}

export interface Contract {
  readonly types: readonly TypeDefinitionNode[];
  isDue(type: TypeDefinitionNode, member?: Member): boolean;
}

export function readContract(source: string, { done, later }: Progress): Contract {
  const types = typesOf(source);
  const domainOf = domainsOfTypes(source, types);
  const isDone = (domain: Domain | undefined): boolean => domain === undefined || done.includes(domain);
  const isMemberDue = (type: TypeDefinitionNode, member: Member): boolean =>
    !later.includes(`${type.name.value}.${member.name.value}`) &&
    isDone(ownerOf(type, member, domainOf)) &&
    namesIn(member).every((name) => isDone(domainOf.get(name)) && !later.includes(name));
  const dueTypes = reachable(
    types.filter(({ name }) => !later.includes(name.value)),
    domainOf,
    isMemberDue,
  );
  return {
    types,
    isDue: (type, member) => dueTypes.has(type.name.value) && (!member || isMemberDue(type, member)),
  };
}

export const typesOf = (source: string): TypeDefinitionNode[] => parse(source).definitions.filter(isTypeDefinitionNode);

export function membersOf(type: TypeDefinitionNode): readonly Member[] {
  if (type.kind === Kind.ENUM_TYPE_DEFINITION) return type.values ?? [];
  return 'fields' in type ? (type.fields ?? []) : [];
}

const rootTypes = ['Query', 'Mutation', 'Subscription'];
const banner = /^# ── (.+?) ─+$/;
const smallerLists = '# connections of the smaller lists';

export function domainsOfTypes(source: string, types: readonly TypeDefinitionNode[]): Map<string, Domain> {
  const sections = sectionsOf(source);
  const found = new Map<string, Domain>();
  for (const type of types) {
    const name = type.name.value;
    const node = found.get(name.replace(/(Connection|Edge)$/, ''));
    const section = sections[startLine(type) - 1];
    const domain = section === 'smaller lists' ? node : section;
    if (domain && !rootTypes.includes(name)) found.set(name, domain);
  }
  return found;
}

/** The section of each line. The last one holds pages of all domains: they go with what they list. */
function sectionsOf(source: string): (Domain | 'smaller lists')[] {
  let section: Domain | 'smaller lists' = 'shared';
  return source.split('\n').map((line) => {
    const title = banner.exec(line)?.[1];
    if (title) section = knownDomain(title);
    if (line.startsWith(smallerLists)) section = 'smaller lists';
    return section;
  });
}

function knownDomain(title: string): Domain {
  const domain = domains.find((known) => known === title);
  if (!domain) throw new Error(`The contract has a section "${title}" that contract-domains.ts does not know`);
  return domain;
}

/** Queries and mutations stand in groups, one for each domain but the system's, which shares the first with accounts. */
function ownerOf(type: TypeDefinitionNode, member: Member, domainOf: ReadonlyMap<string, Domain>): Domain | undefined {
  if (!rootTypes.includes(type.name.value)) return domainOf.get(type.name.value);
  if (type.name.value === 'Subscription') return undefined;
  let group = 1;
  let end = 0;
  for (const other of membersOf(type)) {
    if (end > 0 && startLine(other) > end + 1) group += 1;
    end = endLine(other);
    if (other === member) break;
  }
  return domains[group];
}

/** Types of done domains, root types, and shared ones that a due member leads to: nothing else can be shown. */
function reachable(
  types: readonly TypeDefinitionNode[],
  domainOf: ReadonlyMap<string, Domain>,
  isMemberDue: (type: TypeDefinitionNode, member: Member) => boolean,
): Set<string> {
  const byName = new Map(types.map((type) => [type.name.value, type]));
  const due = new Set<string>();
  const visit = (type: TypeDefinitionNode | undefined): void => {
    if (!type || due.has(type.name.value)) return;
    due.add(type.name.value);
    const dueMembers = membersOf(type).filter((member) => isMemberDue(type, member));
    for (const name of dueMembers.flatMap(namesIn)) visit(byName.get(name));
  };
  const starts = types.filter(
    (type) => domainOf.get(type.name.value) !== 'shared' && membersOf(type).some((member) => isMemberDue(type, member)),
  );
  for (const type of starts) visit(type);
  return due;
}

/** Every type that a member names: its own and its arguments'. */
function namesIn(member: Member): string[] {
  if (member.kind === Kind.ENUM_VALUE_DEFINITION) return [];
  const given = member.kind === Kind.FIELD_DEFINITION ? (member.arguments ?? []) : [];
  return [member, ...given].map(({ type }) => innermost(type));
}

const innermost = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : innermost(type.type));

const startLine = ({ loc }: { loc?: Location | undefined }): number => loc?.startToken.line ?? 0;
const endLine = ({ loc }: { loc?: Location | undefined }): number => loc?.endToken.line ?? 0;
