import { orphanedAppKeys } from '../identity/index.ts';
import type { AuthorizationServer } from '../oauth/index.ts';
import type { Vault } from '../vault/index.ts';
import { pruneStore, type StorePruning } from './prune-store.ts';
import { lookEveryMs } from './tend-managed-logins.ts';

/** Expired records; and the keys that sign ID tokens, whose announcement no request may ever come to ask for. */
const everyMs = 60_000;
/** Longer than a page can lie between the key of an app and the factor that it is for. */
const orphansEveryMs = 3_600_000;

/** What the chores are done with. */
export interface Chores extends StorePruning {
  readonly vault: Pick<Vault, 'remove'>;
  readonly authorizationServer: Pick<AuthorizationServer, 'tendSigningKeys'>;
  /** Never throws; ends soon after the signal. */
  readonly tendManagedLogins: (signal: AbortSignal) => Promise<void>;
}

/**
 * Does what has to happen without anybody asking for it, until it is stopped. What fails is tried again the next time,
 * and the operator is told. `stop` resolves when nothing of it runs any more.
 */
export function startChores(parts: Chores): { stop(): Promise<void> } {
  const { store, vault, authorizationServer, tendManagedLogins, log } = parts;
  const removeOrphans = orphanedAppKeys(store.factors, vault);
  const chores = [
    repeat(everyMs, () => pruneStore(parts)),
    repeat(everyMs, async () => {
      try {
        await authorizationServer.tendSigningKeys();
      } catch (thrown) {
        log.problem('the keys that sign ID tokens could not be looked after', thrown);
      }
    }),
    repeat(lookEveryMs, tendManagedLogins),
    repeat(orphansEveryMs, async () => {
      try {
        await removeOrphans();
      } catch (thrown) {
        log.problem('keys of authenticator apps that nobody has could not be removed', thrown);
      }
    }),
  ];
  return {
    async stop() {
      await Promise.all(chores.map((chore) => chore.stop()));
    },
  };
}

/** Never twice at once; `work` never throws. */
function repeat(ms: number, work: (signal: AbortSignal) => Promise<void>): { stop(): Promise<void> } {
  const ending = new AbortController();
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work(ending.signal).finally(() => {
      running = undefined;
    });
  }, ms);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await running;
    },
  };
}
