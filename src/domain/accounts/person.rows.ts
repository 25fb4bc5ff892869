// People as the API shows them: the columns that may leave the server, under their property names.
import type { Role } from '../../entities/account.enums.js';

export interface PersonRow {
  id: string;
  login: string;
  name: string;
  role: Role;
  telegramId: string | null;
  mustChangePassword: boolean;
  createdAt: Date;
  lastSeenAt: Date | null;
  disabledAt: Date | null;
}

export const personColumns = `id, login, name, role, telegram_id as "telegramId", must_change_password as "mustChangePassword",
  created_at as "createdAt", last_seen_at as "lastSeenAt", disabled_at as "disabledAt"`;
