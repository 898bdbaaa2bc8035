import type { IncomingMessage } from 'node:http';
import type { Audit } from '../audit/index.ts';
import { callerAddress } from './caller-address.ts';

/** Records that a browser session ended because its person left, or because somebody else took over their browser. */
export function recordSignOut(audit: Audit, person: string, request: IncomingMessage): void {
  audit.record({ type: 'sign_out', person, remoteAddress: callerAddress(request) });
}
