import { DescriptorWatch } from '../gateway/index.ts';
import type { GatewayBase } from './open-base.ts';
import { pruneStore } from './prune-store.ts';

const pruneMs = 60_000;

/** Keeps the store small, and tells the operator in time of file descriptors that run out. */
export function keepHouse(base: GatewayBase, opened: AsyncDisposableStack): DescriptorWatch {
  const pruning = setInterval(() => void pruneStore(base), pruneMs);
  opened.defer(() => clearInterval(pruning));
  const descriptors = new DescriptorWatch(base.log, base.clock);
  descriptors.start();
  opened.defer(() => descriptors.stop());
  return descriptors;
}
