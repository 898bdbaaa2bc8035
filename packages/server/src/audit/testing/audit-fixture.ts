import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import {
  type AuditChain,
  type AuditRecord,
  type AuditSettings,
  openAudit,
  readAudit,
  verifyAudit,
} from '../index.ts';

/** The signing key of every test audit. */
export const signingKey = Buffer.alloc(32, 7);
/** The chain of every test audit. */
export const chain = 'test';

/** An audit directory with a real store beside it, for one test. */
export interface AuditFixture {
  readonly directory: string;
  readonly store: Store;
  /** What the audit told the operator. */
  readonly told: string[];
  open(settings?: Partial<AuditSettings>): Promise<AuditChain>;
  verify(): ReturnType<typeof verifyAudit>;
  records(): Promise<readonly AuditRecord[]>;
  /** Names of the segments in order. */
  segments(): Promise<readonly string[]>;
  read(segment: string): Promise<Buffer>;
  remove(): Promise<void>;
}

/** Makes a fresh directory and store. */
export async function auditFixture(): Promise<AuditFixture> {
  const root = await mkdtemp(join(tmpdir(), 'grantway-audit-'));
  const directory = join(root, 'audit');
  const store = await openStore({ kind: 'sqlite', path: join(root, 'grantway.db') }, systemClock);
  const told: string[] = [];
  return {
    directory,
    store,
    told,
    open: (settings) =>
      openAudit({
        directory,
        chain,
        signingKey,
        checkpoints: store.checkpoints,
        clock: systemClock,
        log: { problem: (message) => told.push(message), note: (message) => told.push(message) },
        groupMs: 5,
        ...settings,
      }),
    verify: async () =>
      verifyAudit(directory, { chain, signingKey, checkpoint: await store.checkpoints.latest(chain) }),
    records: () => collect(readAudit(directory)),
    segments: async () => (await readdir(directory)).filter((name) => name.endsWith('.jsonl')).sort(),
    read: (segment) => readFile(join(directory, segment)),
    async remove() {
      await store.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Everything that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Starts a process; gives its lines as they come. */
export function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    lines: createInterface({ input: child.stdout }),
    kill: () => child.kill('SIGKILL'),
  };
}
