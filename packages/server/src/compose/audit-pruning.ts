import { join } from 'node:path';
import { type AuditChain, hasTooOld, isVouchedFor } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import type { Log } from '../gateway/index.ts';
import { type Foundations, openChain } from './open-foundations.ts';

/** Records leave the log in files of a day. */
const everyMs = 3_600_000;

/** What the age of the audit log is looked after with. */
export interface AuditPruning extends Pick<Foundations, 'store' | 'vault'> {
  readonly config: () => Config;
  /** The gateway's own chain, which it keeps open. */
  readonly audit: AuditChain;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes records of both chains of the data directory that are older than the config keeps them, now and every hour.
 * What could not be removed is tried again the next time, and the operator is told. `stop` resolves when nothing of it
 * runs any more, at the latest when the file in hand is done.
 */
export function startAuditPruning(parts: AuditPruning): { stop(): Promise<void> } {
  const ending = new AbortController();
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= removeOldRecords(parts, ending.signal).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(run, everyMs);
  run();
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await running;
    },
  };
}

/** Never throws. */
async function removeOldRecords(parts: AuditPruning, signal: AbortSignal): Promise<void> {
  const { config, audit, clock, log } = parts;
  const { auditKeptMs, dataDir } = config();
  if (auditKeptMs === undefined) return;
  const now = clock.now();
  const olderThan = now - auditKeptMs;
  await attempt('audit', () => audit.prune(olderThan, signal));
  await attempt('audit-operator', () => pruneOperatorChain(parts, olderThan, signal));

  async function attempt(chain: string, prune: () => ReturnType<AuditChain['prune']>): Promise<void> {
    try {
      if (!(await hasTooOld(join(dataDir, chain), olderThan))) return;
      // Commands may be months apart; a gateway is not, and both chains go by the clock of the same machine.
      if (!(await isVouchedFor(join(dataDir, 'audit'), now))) {
        log.problem(
          `Nothing of ${chain} is removed: by the clock (${new Date(now).toISOString()}) this gateway recorded nothing in the week up to yesterday. If the clock is right, removing begins within a day or two.`,
          undefined,
        );
        return;
      }
      const done = await prune();
      if (done.files > 0) log.note(`${done.files} files of ${chain} were too old and were removed.`);
      if (done.outcome === 'refused')
        log.problem(`${chain} does not verify, so nothing more of it is removed: ${done.reason}.`, undefined);
    } catch (thrown) {
      log.problem(`Old records of ${chain} could not be removed.`, thrown);
    }
  }
}

/** Nobody keeps this one open: commands take turns on it, and one that runs right now is not waited for. */
async function pruneOperatorChain(
  { config, store, vault, log }: AuditPruning,
  olderThan: number,
  signal: AbortSignal,
): ReturnType<AuditChain['prune']> {
  await using opened = new AsyncDisposableStack();
  const audit = await openChain('audit-operator', config(), { store, vault, log }, opened);
  return await audit.prune(olderThan, signal);
}
