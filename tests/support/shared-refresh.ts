import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStorage } from '../../packages/client/src/store/file-storage.ts';
import { availablePorts } from '../../packages/server/src/demo/free-port.ts';
import { appClient, connectPerson } from './connected-client.ts';
import { startFlakyProxy } from './flaky-proxy.ts';
import { startGateway } from './gateway.ts';

/** What a run of {@link shareOneConsent} saw. */
export interface SharedRefresh {
  /** For each rotation, the different tokens that the processes got. */
  readonly successors: readonly number[];
  /** Every answer that was no token, with how often. */
  readonly failures: ReadonlyMap<string, number>;
  readonly mischief: Readonly<Record<string, number>>;
  /** Files in which a token or a key stood in clear. */
  readonly leaks: readonly string[];
  /** Whether the last token opens the gateway. */
  readonly alive: boolean;
}

/**
 * `processes` programs share one kept consent in a file and renew it `rotations` times, all at once each time, over a
 * network that drops, delays and resets by `seed`.
 */
export async function shareOneConsent(options: {
  readonly processes: number;
  readonly rotations: number;
  readonly seed: number;
}): Promise<SharedRefresh> {
  const [proxyPort, httpPort] = await availablePorts([0, 0]);
  const folder = await mkdtemp(join(tmpdir(), 'grantway-shared-'));
  const path = join(folder, 'tokens.db');
  const key = randomBytes(32).toString('base64');
  const proxy = await startFlakyProxy(proxyPort, httpPort, options.seed);
  const issuer = `http://127.0.0.1:${proxyPort}`;
  const gateway = await startGateway({ issuer, listen: { http: `127.0.0.1:${httpPort}` } });
  const storage = fileStorage(path);
  const client = appClient(gateway, { storage, keys: { current: 'k1', keys: { k1: key } } });
  const holder = await connectPerson(gateway, client, 'viewer', 'authdb');
  let token = await client.password(holder)();
  const secrets = new Set([token, key]);

  const children = Array.from({ length: options.processes }, () =>
    fork(join(import.meta.dirname, 'refreshing-process.ts'), [
      issuer,
      path,
      key,
      holder.subject,
      holder.database,
    ]),
  );
  const successors: number[] = [];
  const failures = new Map<string, number>();
  try {
    proxy.misbehave(true);
    for (let rotation = 0; rotation < options.rotations; rotation++) {
      const answers = await Promise.all(children.map((child) => ask(child, token)));
      const given = new Set(answers.flatMap((answer) => answer.token ?? []));
      successors.push(given.size);
      for (const { outcome } of answers) {
        if (outcome !== 'fresh') failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
      }
      const [next] = given;
      if (next === undefined) break;
      token = next;
      secrets.add(token);
    }
    const leaks = await filesWith(folder, secrets);
    proxy.misbehave(false);
    const answer = await fetch(`${issuer}/api/v1/me`, {
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
    });
    const log = gateway.log();
    if ([...secrets].some((secret) => log.includes(secret))) leaks.push('the log of the gateway');
    return { successors, failures, mischief: proxy.done, leaks, alive: answer.ok };
  } finally {
    for (const child of children) child.kill();
    storage.close();
    await gateway.stop();
    await proxy.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Answer {
  readonly outcome: string;
  readonly token?: string;
}

/** What a caller does when the network fails for now: it asks again. Nothing has been lost by then, and that is the point. */
const passing = new Set(['network', 'unavailable', 'busy']);

async function ask(child: ChildProcess, rejected: string): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    child.send(rejected);
    const [answer] = (await once(child, 'message')) as [Answer];
    if (!passing.has(answer.outcome) || tries === 10) return answer;
  }
}

async function filesWith(folder: string, secrets: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'latin1');
    if ([...secrets].some((secret) => text.includes(secret))) found.push(name);
  }
  return found;
}
