import type { Audit } from '../audit/index.ts';
import type { Clock } from '../core/index.ts';
import type { AuthorizationServer } from '../oauth/index.ts';
import type { Rules } from './changed-meanwhile.ts';
import type { FarSessions } from './far-sessions.ts';
import type { Log } from './log.ts';
import type { UpstreamPool } from './pool.ts';
import type { SessionRegistry } from './session-registry.ts';

/** What every session is served with. Built once in `compose/`. */
export interface SessionServices extends Rules {
  readonly verifyToken: AuthorizationServer['verifyToken'];
  readonly audit: Audit;
  readonly pool: UpstreamPool;
  readonly registry: SessionRegistry;
  readonly farSessions: FarSessions;
  readonly clock: Clock;
  readonly log: Log;
}
