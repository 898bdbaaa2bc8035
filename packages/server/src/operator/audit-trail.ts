import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuditFilter,
  type AuditRecord,
  type AuditVerdict,
  chainId,
  checkpointKeyPurpose,
  readAudit,
  verifyAudit,
} from '../audit/index.ts';
import type { Workspace } from './workspace.ts';

/** The chains of a data directory: what the gateway wrote, and what administrative commands wrote. */
const chains = ['audit', 'audit-operator'] as const;

/** A record with the chain that it stands in. */
export interface TrailRecord extends AuditRecord {
  readonly chain: string;
}

/** The verdict over one chain. */
export interface ChainVerdict {
  readonly chain: string;
  readonly verdict: AuditVerdict;
}

/** Reads both chains, merged by time, as they stand now. Bounded memory, whatever their length. */
export async function* readTrail(
  { config }: Pick<Workspace, 'config'>,
  filter: AuditFilter = {},
): AsyncGenerator<TrailRecord> {
  const heads: {
    readonly chain: string;
    readonly records: AsyncGenerator<AuditRecord>;
    next: AuditRecord;
  }[] = [];
  for (const chain of await presentChains(config.dataDir)) {
    const records = readAudit(join(config.dataDir, chain), filter);
    const first = await records.next();
    if (!first.done) heads.push({ chain, records, next: first.value });
  }
  while (heads.length > 0) {
    const earliest = heads.reduce((a, b) => (b.next.at < a.next.at ? b : a));
    yield { ...earliest.next, chain: earliest.chain };
    const following = await earliest.records.next();
    if (following.done) heads.splice(heads.indexOf(earliest), 1);
    else earliest.next = following.value;
  }
}

/**
 * Records of both chains as they are written, after the sequence numbers that were seen of each. Never ends by
 * itself; `wait` is called between two looks.
 */
export async function* followTrail(
  { config }: Pick<Workspace, 'config'>,
  filter: AuditFilter,
  after: ReadonlyMap<string, number>,
  wait: () => Promise<void>,
): AsyncGenerator<TrailRecord> {
  const seen = new Map(after);
  for (;;) {
    for (const chain of await presentChains(config.dataDir)) {
      for await (const record of readAudit(join(config.dataDir, chain), filter, (seen.get(chain) ?? 0) + 1)) {
        seen.set(chain, record.sequence);
        yield { ...record, chain };
      }
    }
    await wait();
  }
}

/** Checks every record of both chains, and their ends against the store's checkpoints. */
export async function verifyTrail({ config, store, vault }: Workspace): Promise<readonly ChainVerdict[]> {
  const signingKey = await vault.derive(checkpointKeyPurpose);
  const verdicts: ChainVerdict[] = [];
  for (const chain of await presentChains(config.dataDir)) {
    const directory = join(config.dataDir, chain);
    // The checkpoint first: the files may grow meanwhile, and must then hold at least what it saw.
    const id = await chainId(directory);
    const checkpoint = await store.checkpoints.latest(id);
    verdicts.push({ chain, verdict: await verifyAudit(directory, { chain: id, signingKey, checkpoint }) });
  }
  return verdicts;
}

async function presentChains(dataDir: string): Promise<readonly string[]> {
  const present: string[] = [];
  for (const chain of chains) {
    const found = await stat(join(dataDir, chain)).catch(() => undefined);
    if (found?.isDirectory()) present.push(chain);
  }
  return present;
}
