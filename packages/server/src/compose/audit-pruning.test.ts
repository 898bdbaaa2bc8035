import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chainId, checkpointKeyPurpose, openAudit } from '../audit/index.ts';
import { type Config, loadConfig } from '../config/index.ts';
import { type Clock, systemClock } from '../core/index.ts';
import type { Log } from '../gateway/index.ts';
import { readTrail, verifyTrail } from '../operator/index.ts';
import { startAuditPruning } from './audit-pruning.ts';
import { type Foundations, openChain, openFoundations } from './open-foundations.ts';

const day = 24 * 3_600_000;
const chains = ['audit', 'audit-operator'] as const;

let folder: string;
let config: Config;
let opened: AsyncDisposableStack;
let foundations: Foundations;
let told: string[];
const log: Log = {
  refused: () => undefined,
  problem: (message) => told.push(`problem: ${message}`),
  note: (message) => told.push(message),
};

beforeEach(async () => {
  told = [];
  folder = await mkdtemp(join(tmpdir(), 'grantway-pruning-'));
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(
    join(folder, 'grantway.yaml'),
    `
issuer: http://127.0.0.1:8400
dataDir: ./data
masterKey: file:./master.key
listen: { http: 127.0.0.1:8400 }
databases:
  authdb: { engine: postgres, host: 127.0.0.1, tls: off, roles: { readonly: { login: r, password: env:R, allow: everyone } } }
`,
  );
  const loaded = await loadConfig(join(folder, 'grantway.yaml'), { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  config = loaded.config;
  opened = new AsyncDisposableStack();
  foundations = await openFoundations(config, opened);
  for (const chain of chains) for (const days of [40, 39, 38, 2, 0]) await recordDaysAgo(chain, days);
});
afterEach(async () => {
  await opened.disposeAsync();
  await rm(folder, { recursive: true, force: true });
});

/** One record of then, as a process of then wrote it. */
async function recordDaysAgo(chain: string, days: number): Promise<void> {
  const directory = join(config.dataDir, chain);
  const clock: Clock = { ...systemClock, now: () => Date.now() - days * day };
  const audit = await openAudit({
    directory,
    chain: await chainId(directory),
    signingKey: await foundations.vault.derive(checkpointKeyPurpose),
    checkpoints: foundations.store.checkpoints,
    clock,
    log,
  });
  await audit.recordDurably({ type: 'sign_out', person: `local:${days}` });
  await audit.close();
}

const filesOf = async (chain: string) =>
  (await readdir(join(config.dataDir, chain))).filter((name) => name.endsWith('.jsonl')).length;

/** What a gateway does to its logs at its start, with a clock that is this many days ahead. It tells so many things. */
async function start(running: Config, daysAhead: number, tells: number): Promise<void> {
  await using gateway = new AsyncDisposableStack();
  const audit = await openChain('audit', running, { ...foundations, log }, gateway);
  const pruning = startAuditPruning({
    ...foundations,
    config: () => running,
    audit,
    clock: { ...systemClock, now: () => Date.now() + daysAhead * day },
    log,
  });
  // Stopping ends the work before its next file.
  await expect.poll(() => told).toHaveLength(tells);
  await pruning.stop();
}

const allFiles = () => Promise.all(chains.map(filesOf));

test('a gateway removes from both logs what is older than the config keeps, and both verify', async () => {
  await start({ ...config, auditKeptMs: 30 * day }, 0, 2);
  expect(await allFiles()).toEqual([3, 3]);
  expect(told).toEqual([
    '2 files of audit were too old and were removed.',
    '2 files of audit-operator were too old and were removed.',
  ]);
  const workspace = { config, ...foundations } as Parameters<typeof verifyTrail>[0];
  expect(await verifyTrail(workspace)).toMatchObject(
    chains.map((chain) => ({ chain, verdict: { outcome: 'intact', pruned: { sequence: 2 } } })),
  );
  const people: unknown[] = [];
  for await (const record of readTrail({ config }))
    if (record.type === 'sign_out') people.push(record.person);
  expect(people).toEqual(['local:38', 'local:38', 'local:2', 'local:2', 'local:0', 'local:0']);
});

test('a gateway whose config does not say how long keeps everything', async () => {
  await start(config, 0, 0);
  expect(await allFiles()).toEqual([5, 5]);
});

test('by a clock that is far ahead nothing is removed before the gateway has recorded for a day by it', async () => {
  const running = { ...config, auditKeptMs: 30 * day };
  await start(running, 400, 2);
  expect(told).toEqual(
    chains.map((chain) => expect.stringMatching(`^problem: Nothing of ${chain} is removed: by the clock`)),
  );
  expect(await allFiles()).toEqual([5, 5]);

  await recordDaysAgo('audit', -400);
  await start(running, 400.9, 4);
  expect(await allFiles()).toEqual([6, 5]);

  await start(running, 401, 6);
  expect(told.slice(4)).toEqual(chains.map((chain) => `4 files of ${chain} were too old and were removed.`));
});
