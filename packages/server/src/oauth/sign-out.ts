import type { IncomingMessage } from 'node:http';
import type { Audit } from '../audit/audit.ts';

/** Records that a browser session ended because its person left, or because somebody else took over their browser. */
export function recordSignOut(audit: Audit, person: string, { socket }: IncomingMessage): void {
  const { remoteAddress } = socket;
  audit.record({ type: 'sign_out', person, ...(remoteAddress !== undefined && { remoteAddress }) });
}
