import type { Audit, AuditSubject, StatementSubject } from '../audit/index.ts';
import type { Permit } from '../core/index.ts';
import type { EngineTraits, FinishedStatement, StatementObserver } from '../engines/index.ts';

/**
 * Turns what the relay sees into audit records of this session; `subject` gives whose it is at that moment. Passwords and
 * keys in a statement's text do not get so far.
 */
export function statementRecorder(
  permit: Permit,
  subject: () => AuditSubject,
  upstreamPid: string,
  audit: Audit,
  { withoutSecrets }: EngineTraits,
): StatementObserver {
  const { database } = permit;
  let whose = subject();
  let by: StatementSubject = { ...whose, upstreamPid };
  /** The same object while the session is the same person's under the same consent: the audit keeps by it what it wrote. */
  const sharedSubject = (): StatementSubject => {
    const now = subject();
    if (now !== whose) {
      whose = now;
      by = { ...now, upstreamPid };
    }
    return by;
  };
  return {
    wantsParameters: database.auditParameters,
    finished: (statement) =>
      audit.record({
        type: 'statement',
        by: sharedSubject(),
        statement: withText(statement, withoutSecrets(statement.text)),
      }),
    ...(database.audit === 'strict'
      ? {
          admit: (text: string, parameters: readonly (string | null)[] | undefined) =>
            audit.recordDurably({
              ...subject(),
              type: 'statement_admitted',
              text: withoutSecrets(text),
              ...(parameters === undefined ? {} : { parameters }),
              upstreamPid,
            }),
        }
      : {}),
  };
}

/** The hash of a text that was cut would let somebody try passwords against it, so it goes with them. */
function withText(statement: FinishedStatement, text: string): FinishedStatement {
  if (text === statement.text) return statement;
  const { textHash: _, ...rest } = statement;
  return { ...rest, text };
}
