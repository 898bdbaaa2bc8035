import type { Audit, AuditEvent } from '../audit/index.ts';
import { Refusal } from '../core/index.ts';

/** Records what has happened already. An audit that is down keeps it for later; there is nobody left to refuse. */
export function report(audit: Audit, event: AuditEvent): void {
  try {
    audit.record(event);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
  }
}
