// One query for each batch of relations of one operation, however many parents ask.
import DataLoader from 'dataloader';
import type { PersonRow } from '../domain/accounts/person.rows.js';
import type { ClientRow } from '../domain/clients/client.rows.js';
import type { ImeiCheckRow } from '../domain/imei/imei-check.rows.js';
import type { ImportProblemRow } from '../domain/imports/import.rows.js';
import type { MailingRow } from '../domain/mailings/mailing.rows.js';
import type { Services } from '../domain/services.js';
import type { Channel } from '../entities/mailing.enums.js';

export class Loaders {
  readonly users: DataLoader<string, PersonRow>;
  readonly clients: DataLoader<string, ClientRow>;
  readonly mailings: DataLoader<string, MailingRow>;
  /** By lead; null for one who was not contacted. */
  readonly speedsToContact: DataLoader<string, number | null>;
  /** By watch; null before its first. */
  readonly lastImeiChecks: DataLoader<string, ImeiCheckRow | null>;
  /** The first ones of each import. */
  readonly importProblems: DataLoader<string, ImportProblemRow[]>;
  /** By number. */
  readonly suppressedChannels: DataLoader<string, Channel[]>;

  constructor(services: Services) {
    this.users = batch((ids) => services.users.byIds(ids), 'person');
    this.clients = batch((ids) => services.clients.byIds(ids), 'client');
    this.mailings = batch((ids) => services.mailings.byIds(ids), 'mailing');
    this.speedsToContact = new DataLoader(async (leads) => {
      const speeds = await services.leadIntake.speedsToContact(leads);
      return leads.map((id) => speeds.get(id) ?? null);
    });
    this.lastImeiChecks = new DataLoader(async (watches) => {
      const checks = await services.imeiWatches.lastChecks(watches);
      return watches.map((id) => checks.get(id) ?? null);
    });
    this.importProblems = batch((ids) => services.imports.problemsOf(ids), 'import');
    this.suppressedChannels = new DataLoader(async (phones) => {
      const channels = await services.suppressions.channelsOf(phones);
      return phones.map((phone) => channels.get(phone) ?? []);
    });
  }
}

/** A parent that names a row which is not there is a broken reference, not an empty answer. */
function batch<Row>(
  load: (ids: readonly string[]) => Promise<Map<string, Row>>,
  noun: string,
): DataLoader<string, Row> {
  return new DataLoader(async (ids) => {
    const rows = await load(ids);
    return ids.map((id) => rows.get(id) ?? new Error(`no ${noun} under a referenced id`));
  });
}
