// Every use case by its noun, built for one piece of work by plain constructors.
import { type ApiTokenPorts, ApiTokenService } from './accounts/api-tokens.service.js';
import { AuditService } from './accounts/audit.service.js';
import { type SessionPorts, SessionService } from './accounts/sessions.service.js';
import { type TelegramAccessPorts, TelegramAccessService } from './accounts/telegram-access.service.js';
import { type UserPorts, UserService } from './accounts/users.service.js';
import { type ClientPorts, ClientService } from './clients/clients.service.js';
import { SuppressionService } from './clients/suppressions.service.js';
import { type ImeiBatchPorts, ImeiBatchService } from './imei/imei-batches.service.js';
import { type ImeiCheckPorts, ImeiCheckService } from './imei/imei-checks.service.js';
import { type ImeiProviderPorts, ImeiProviderService } from './imei/imei-provider.service.js';
import { ImeiWatchService } from './imei/imei-watches.service.js';
import { type LegacyImeiPorts, LegacyImeiService } from './imei/legacy-imei.service.js';
import { TacImportService } from './imei/tac-import.service.js';
import { ImeiVerdictService } from './imei/verdicts.service.js';
import { type ImportPorts, ImportService } from './imports/imports.service.js';
import { type BlockedAddressPorts, BlockedAddressService } from './leads/blocked-addresses.service.js';
import { type LeadConversionPorts, LeadConversionService } from './leads/lead-conversion.service.js';
import { LeadExportService } from './leads/lead-export.service.js';
import { type LeadIntakePorts, LeadIntakeService } from './leads/lead-intake.service.js';
import { type LeadKeyPorts, LeadKeyService } from './leads/lead-keys.service.js';
import { type LeadPorts, LeadService } from './leads/leads.service.js';
import { ExplanationService } from './mailings/explanations.service.js';
import { LegacyMailingService } from './mailings/legacy-mailings.service.js';
import { MailingControlService } from './mailings/mailing-control.service.js';
import { type MailingPorts, MailingService } from './mailings/mailings.service.js';
import { MessageService } from './mailings/messages.service.js';
import { PlanService } from './mailings/plan.service.js';
import { RehearsalService } from './mailings/rehearsals.service.js';
import { type TestMessagePorts, TestMessageService } from './mailings/test-messages.service.js';
import { UpkeepService } from './mailings/upkeep.service.js';
import { type AlarmPorts, AlarmService } from './system/alarms.service.js';
import { HousekeepingService, type Retention } from './system/housekeeping.service.js';
import { type SimulatorPorts, SimulatorService } from './system/simulators.service.js';
import { type SystemPorts, SystemService } from './system/system.service.js';
import type { Work } from './work.js';

export interface Ports
  extends ApiTokenPorts,
    SessionPorts,
    TelegramAccessPorts,
    UserPorts,
    AlarmPorts,
    BlockedAddressPorts,
    ClientPorts,
    ImeiBatchPorts,
    ImeiCheckPorts,
    ImeiProviderPorts,
    LegacyImeiPorts,
    ImportPorts,
    LeadKeyPorts,
    LeadConversionPorts,
    LeadIntakePorts,
    LeadPorts,
    MailingPorts,
    TestMessagePorts,
    SimulatorPorts,
    SystemPorts {
  readonly retention: Retention;
}

export class Services {
  readonly alarms: AlarmService;
  readonly apiTokens: ApiTokenService;
  readonly audit: AuditService;
  readonly blockedAddresses: BlockedAddressService;
  readonly clients: ClientService;
  readonly explanations: ExplanationService;
  readonly housekeeping: HousekeepingService;
  readonly imeiBatches: ImeiBatchService;
  readonly imeiChecks: ImeiCheckService;
  readonly imeiProvider: ImeiProviderService;
  readonly imeiVerdicts: ImeiVerdictService;
  readonly imeiWatches: ImeiWatchService;
  readonly imports: ImportService;
  readonly leadExport: LeadExportService;
  readonly leadKeys: LeadKeyService;
  readonly leadConversion: LeadConversionService;
  readonly leadIntake: LeadIntakeService;
  readonly leads: LeadService;
  readonly mailingControl: MailingControlService;
  readonly legacyImei: LegacyImeiService;
  readonly legacyMailings: LegacyMailingService;
  readonly mailings: MailingService;
  readonly messages: MessageService;
  readonly plans: PlanService;
  readonly rehearsals: RehearsalService;
  readonly sessions: SessionService;
  readonly simulators: SimulatorService;
  readonly suppressions: SuppressionService;
  readonly system: SystemService;
  readonly tacImports: TacImportService;
  readonly telegramAccess: TelegramAccessService;
  readonly testMessages: TestMessageService;
  readonly upkeep: UpkeepService;
  readonly users: UserService;

  constructor(
    readonly work: Work,
    ports: Ports,
  ) {
    this.alarms = new AlarmService(work, ports);
    this.apiTokens = new ApiTokenService(work, ports);
    this.audit = new AuditService(work);
    this.blockedAddresses = new BlockedAddressService(work, ports);
    this.clients = new ClientService(work, ports);
    this.suppressions = new SuppressionService(work, ports);
    this.imeiVerdicts = new ImeiVerdictService(work);
    this.imeiChecks = new ImeiCheckService(work, ports, this.imeiVerdicts);
    this.imeiWatches = new ImeiWatchService(work, ports, this.imeiChecks);
    this.imeiBatches = new ImeiBatchService(work, ports, this);
    this.imeiProvider = new ImeiProviderService(ports);
    this.legacyImei = new LegacyImeiService(work, ports, this.imeiChecks);
    this.imports = new ImportService(work, this, ports);
    this.leadExport = new LeadExportService(work, ports);
    this.leadKeys = new LeadKeyService(work, ports, this.alarms);
    this.leadConversion = new LeadConversionService(work, this, ports);
    this.leadIntake = new LeadIntakeService(work, ports);
    this.leads = new LeadService(work, ports);
    this.mailingControl = new MailingControlService(work);
    this.legacyMailings = new LegacyMailingService(work, ports, this);
    this.mailings = new MailingService(work, ports);
    this.messages = new MessageService(work);
    this.plans = new PlanService(work);
    this.rehearsals = new RehearsalService(work);
    this.explanations = new ExplanationService(work);
    this.housekeeping = new HousekeepingService(work, ports.retention);
    this.sessions = new SessionService(work, ports);
    this.simulators = new SimulatorService(work, ports);
    this.system = new SystemService(work, ports, this.alarms);
    this.tacImports = new TacImportService(work);
    this.telegramAccess = new TelegramAccessService(work, ports);
    this.testMessages = new TestMessageService(work, ports);
    this.upkeep = new UpkeepService(work);
    this.users = new UserService(work, ports);
  }
}
