import type { Audit, AuditSubject } from '../audit/index.ts';
import type { Permit } from '../core/index.ts';
import type { StatementObserver } from '../engines/index.ts';

/** Turns what the relay sees into audit records of this session; `subject` gives whose it is at that moment. */
export function statementRecorder(
  permit: Permit,
  subject: () => AuditSubject,
  upstreamPid: string,
  audit: Audit,
): StatementObserver {
  const { database } = permit;
  return {
    wantsParameters: database.auditParameters,
    finished: (statement) => audit.record({ ...subject(), ...statement, type: 'statement', upstreamPid }),
    ...(database.audit === 'strict'
      ? {
          admit: (text: string, parameters: readonly (string | null)[] | undefined) =>
            audit.recordDurably({
              ...subject(),
              type: 'statement_admitted',
              text,
              ...(parameters === undefined ? {} : { parameters }),
              upstreamPid,
            }),
        }
      : {}),
  };
}
