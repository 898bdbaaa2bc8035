import { mkdir } from 'node:fs/promises';
import { type Clock, OngoingProblem } from '../core/index.ts';
import { type AuditCheckpoint, type AuditCheckpoints, lockDirectory } from '../store/index.ts';
import type { AuditChain, AuditLog } from './audit.ts';
import { isGenuine, signCheckpoint } from './checkpoint.ts';
import { GroupCommit } from './group-commit.ts';
import { pruneSegments } from './prune-segments.ts';
import { beginningOf, readMark } from './pruned-mark.ts';
import type { ChainHead } from './record-line.ts';
import { recoverChain } from './recover-chain.ts';
import { SegmentWriter } from './segment-writer.ts';

/** What {@link openAudit} needs. */
export interface AuditSettings {
  /** Absolute path; made with mode 0700 when it is missing. One process at a time writes in it. */
  readonly directory: string;
  /** Names the chain in the store: one a data directory. */
  readonly chain: string;
  /** 32 bytes from the vault, for the purpose of signing checkpoints alone. */
  readonly signingKey: Buffer;
  readonly checkpoints: AuditCheckpoints;
  readonly clock: Clock;
  readonly log: AuditLog;
  /** How long to wait for another process to let go of the directory. Milliseconds, default 0: it is refused at once. */
  readonly lockWaitMs?: number;
  /** How long a record may wait for others to share its write. Milliseconds, default 50. */
  readonly groupMs?: number;
  /** How often a checkpoint is stored when there is news. Milliseconds, default 5,000. */
  readonly checkpointMs?: number;
  /** Size from which a new segment is started. Bytes, default 64 MiB. */
  readonly segmentBytes?: number;
}

/**
 * Takes the directory over: locks it, finds the end of the chain, compares it with the last checkpoint, and goes on
 * from there. Anything odd becomes an `audit_gap` record that is durable before this resolves.
 *
 * @throws an Error when another process has the directory, or when it cannot be read or written
 */
export async function openAudit(settings: AuditSettings): Promise<AuditChain> {
  const { directory, chain, signingKey, checkpoints, clock, log } = settings;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(directory, {
    waitMs: settings.lockWaitMs ?? 0,
    inUse: (processId) =>
      `The audit directory ${directory} is in use by another Grantway (process ${processId}). ` +
      'Stop it, or give this one a dataDir of its own.',
  });
  try {
    const mark = await readMark(directory, { chain, signingKey });
    const recovered = await recoverChain(directory, beginningOf(mark));
    const checkpoint = await checkpoints.latest(chain);
    const start = continueFrom(recovered.head, checkpoint, signingKey);
    const segments = new SegmentWriter(
      directory,
      settings.segmentBytes ?? 64 * 1024 * 1024,
      recovered.newest,
    );
    const commit = new GroupCommit({
      segments,
      head: start.head,
      clock,
      log,
      groupMs: settings.groupMs ?? 50,
    });

    const forged = mark.outcome === 'forged' ? ['pruned.json does not carry our signature'] : [];
    const findings = [...forged, ...recovered.findings, ...start.findings];
    if (findings.length > 0) {
      const detail = findings.join('; ');
      log.problem(`The audit log was not as it was left: ${detail}.`, undefined);
      await commit.recordDurably({ type: 'gateway', action: 'audit_gap', detail });
    }

    let checkpointed = start.head.sequence;
    // The files stay whole and verifiable; only a cut of the newest records would go unnoticed until the next one.
    const checkpointing = new OngoingProblem(log, {
      failing: 'The audit checkpoint could not be stored.',
      working: 'Audit checkpoints are stored again.',
    });
    const putCheckpoint = async () => {
      const head = commit.durableHead;
      if (head.sequence === checkpointed) return;
      try {
        await checkpoints.put(signCheckpoint(signingKey, chain, head, clock.now()));
        checkpointed = head.sequence;
        checkpointing.worked();
      } catch (cause) {
        checkpointing.failed(cause);
      }
    };
    const timer = setInterval(putCheckpoint, settings.checkpointMs ?? 5_000).unref();

    return {
      record: (event) => commit.record(event),
      recordDurably: (event) => commit.recordDurably(event),
      get failed() {
        return commit.failed;
      },
      onFailure: (listener) => commit.onFailure(listener),
      prune: (olderThan, signal) =>
        pruneSegments({
          directory,
          chain,
          signingKey,
          olderThan,
          now: () => clock.now(),
          record: (detail) => commit.recordDurably({ type: 'gateway', action: 'audit_pruned', detail }),
          stopped: () => signal.aborted,
        }),
      async close() {
        clearInterval(timer);
        await commit.close();
        await putCheckpoint();
        lock.release();
      },
    };
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/**
 * Where the chain goes on. When the files end before the checkpoint, the next record takes the number after the
 * checkpoint: the hole stays visible to every later verification, instead of being filled with other records.
 */
function continueFrom(
  head: ChainHead,
  checkpoint: AuditCheckpoint | undefined,
  signingKey: Buffer,
): { readonly head: ChainHead; readonly findings: readonly string[] } {
  if (checkpoint === undefined) return { head, findings: [] };
  if (!isGenuine(signingKey, checkpoint))
    return { head, findings: ['the stored checkpoint does not carry our signature'] };
  if (checkpoint.sequence > head.sequence)
    return {
      head: { sequence: checkpoint.sequence, hash: checkpoint.hash },
      findings: [`records ${head.sequence + 1} to ${checkpoint.sequence} are missing`],
    };
  return { head, findings: [] };
}
