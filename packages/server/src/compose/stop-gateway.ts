import { setTimeout as delay } from 'node:timers/promises';
import type { Audit } from '../audit/index.ts';
import { Refusal } from '../core/index.ts';
import type { Listener, SessionRegistry, UpstreamPool } from '../gateway/index.ts';

interface Parts {
  readonly listeners: readonly Listener[];
  readonly registry: SessionRegistry;
  readonly pool: UpstreamPool;
  readonly audit: Audit;
  /** Everything that was opened. */
  readonly running: AsyncDisposable;
}

/** Takes no more connections, lets sessions finish for `drainMs`, ends the others, closes what was opened. */
export async function stopGateway(
  drainMs: number,
  { listeners, registry, pool, audit, running }: Parts,
): Promise<void> {
  const ended = Promise.all(listeners.map((listener) => listener.close()));
  await Promise.race([ended, delay(drainMs, undefined, { ref: false })]);
  await registry.close(new Refusal('gateway_stopping'));
  await ended;
  pool.close();
  if (!audit.failed) audit.record({ type: 'gateway', action: 'stopped' });
  await running[Symbol.asyncDispose]();
}
