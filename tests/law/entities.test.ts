// Entities are not GraphQL types, yet each type is satisfied by its entity: this file compiles only while that is so.
import type { Alarm as AlarmEntity } from '../../src/entities/alarm.entity.js';
import type { AuditEntry as AuditEntryEntity } from '../../src/entities/audit-entry.entity.js';
import type { BlockedIp as BlockedIpEntity } from '../../src/entities/blocked-ip.entity.js';
import type { Client as ClientEntity } from '../../src/entities/client.entity.js';
import type { ImeiWatch as ImeiWatchEntity } from '../../src/entities/imei-watch.entity.js';
import type { Import as ImportEntity } from '../../src/entities/import.entity.js';
import type { Lead as LeadEntity } from '../../src/entities/lead.entity.js';
import type { Mailing as MailingEntity } from '../../src/entities/mailing.entity.js';
import type { Person } from '../../src/entities/person.entity.js';
import type { Suppression as SuppressionEntity } from '../../src/entities/suppression.entity.js';
import type { TelegramAccessRequest as AccessRequestEntity } from '../../src/entities/telegram-access-request.entity.js';
import type { TelegramGrant as GrantEntity } from '../../src/entities/telegram-grant.entity.js';
import type { AuditEntry, TelegramAccessRequest, TelegramGrant, User } from '../../src/schema/account.type.js';
import type { BlockedIp } from '../../src/schema/blocked-ip.type.js';
import type { Client } from '../../src/schema/client.type.js';
import type { ImeiWatch } from '../../src/schema/imei-watch.type.js';
import type { Import } from '../../src/schema/import.type.js';
import type { Lead } from '../../src/schema/lead.type.js';
import type { Mailing, MailingStats } from '../../src/schema/mailing.type.js';
import type { Suppression } from '../../src/schema/suppression.type.js';
import type { Alarm } from '../../src/schema/system.type.js';

type Satisfies<Type, Entity extends Type> = Entity;

type Pairs = [
  Satisfies<User, Person>,
  Satisfies<AuditEntry, AuditEntryEntity>,
  Satisfies<TelegramGrant, GrantEntity>,
  Satisfies<TelegramAccessRequest, AccessRequestEntity>,
  Satisfies<Alarm, AlarmEntity>,
  // Texts and the window's spelling are read beside the row.
  Satisfies<Omit<Mailing, 'text' | 'window'>, MailingEntity>,
  Satisfies<Omit<MailingStats, 'perSecond' | 'etaAt'>, MailingEntity>,
  Satisfies<BlockedIp, BlockedIpEntity>,
  Satisfies<Client, ClientEntity>,
  Satisfies<Suppression, SuppressionEntity>,
  Satisfies<Import, ImportEntity>,
  Satisfies<Lead, LeadEntity>,
  Satisfies<ImeiWatch, ImeiWatchEntity>,
];

it('is checked by the compiler for each pair', () => {
  const pairs: Pairs['length'] = 13;
  expect(pairs).toBe(13);
});
