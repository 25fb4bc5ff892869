// Every use case by its noun, built for one piece of work by plain constructors.
import { type ApiTokenPorts, ApiTokenService } from './accounts/api-tokens.service.js';
import { AuditService } from './accounts/audit.service.js';
import { type SessionPorts, SessionService } from './accounts/sessions.service.js';
import { type TelegramAccessPorts, TelegramAccessService } from './accounts/telegram-access.service.js';
import { type UserPorts, UserService } from './accounts/users.service.js';
import { type AlarmPorts, AlarmService } from './system/alarms.service.js';
import { HousekeepingService, type Retention } from './system/housekeeping.service.js';
import { type SystemPorts, SystemService } from './system/system.service.js';
import type { Work } from './work.js';

export interface Ports extends ApiTokenPorts, SessionPorts, TelegramAccessPorts, UserPorts, AlarmPorts, SystemPorts {
  readonly retention: Retention;
}

export class Services {
  readonly alarms: AlarmService;
  readonly apiTokens: ApiTokenService;
  readonly audit: AuditService;
  readonly housekeeping: HousekeepingService;
  readonly sessions: SessionService;
  readonly system: SystemService;
  readonly telegramAccess: TelegramAccessService;
  readonly users: UserService;

  constructor(
    readonly work: Work,
    ports: Ports,
  ) {
    this.alarms = new AlarmService(work, ports);
    this.apiTokens = new ApiTokenService(work, ports);
    this.audit = new AuditService(work);
    this.housekeeping = new HousekeepingService(work, ports.retention);
    this.sessions = new SessionService(work, ports);
    this.system = new SystemService(work, ports, this.alarms);
    this.telegramAccess = new TelegramAccessService(work, ports);
    this.users = new UserService(work, ports);
  }
}
