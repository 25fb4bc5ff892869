// The audit log, read. It is written by Transaction.audit, in the transaction of what it tells about, and by ReadAudit, of those
// who read.
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';

export interface AuditRow {
  id: string;
  at: Date;
  actor: string;
  action: string;
  subject: string | null;
  detail: Record<string, unknown> | null;
}

export class AuditService {
  constructor(private readonly work: Work) {}

  page(args: PageArgs): Promise<Page<AuditRow>> {
    return pageOf<AuditRow>(
      this.work,
      {
        select: 'id, at, actor, action, subject, detail',
        from: 'audit_entry',
        key: [['id', 'bigint']],
        direction: 'desc',
      },
      args,
    );
  }
}
