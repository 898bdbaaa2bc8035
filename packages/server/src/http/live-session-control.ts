import type { Audit } from '../audit/index.ts';
import type { Clock } from '../core/index.ts';
import type { LiveSession, Store } from '../store/index.ts';

/** The live wire sessions of one person, for the home page. */
export interface LiveSessionControl {
  /** Newest first. */
  list(personId: string): Promise<readonly LiveSession[]>;
  /** Ends one of the person's own sessions; false when it is not theirs or is over already. */
  end(personId: string, sessionId: string): Promise<boolean>;
}

/** Reads the sessions of all gateways from the store, and ends one through the log that every gateway follows. */
export function storedSessionControl(
  store: Pick<Store, 'sessions' | 'revocations'>,
  audit: Audit,
  clock: Clock,
): LiveSessionControl {
  async function list(personId: string): Promise<readonly LiveSession[]> {
    return (await store.sessions.list({ personId })).toReversed();
  }

  async function end(personId: string, sessionId: string): Promise<boolean> {
    const [session] = await store.sessions.list({ personId, id: sessionId });
    if (!session) return false;
    const { database, role } = session;
    await audit.recordDurably({
      type: 'revoked',
      kind: 'session',
      subject: sessionId,
      by: personId,
      person: personId,
      session: sessionId,
      database,
      role,
    });
    const reason = 'you ended this session on the home page';
    await store.revocations.append({ kind: 'session', subject: sessionId, reason }, clock.now());
    return true;
  }

  return { list, end };
}
