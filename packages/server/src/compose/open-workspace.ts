import { userInfo } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { systemClock } from '../core/index.ts';
import { operatorLog } from '../gateway/index.ts';
import type { Workspace } from '../operator/index.ts';
import { createRoleManagers } from './engine-registry.ts';
import { openChain, openFoundations } from './open-foundations.ts';

/**
 * Opens what an administrative command works on, beside a running gateway or without one; with a previous master key,
 * a store that is under that one as well.
 * @throws Error with a sentence for the operator
 */
export async function openWorkspace(
  config: Config,
  options: { readonly logger: Logger; readonly previousMasterKey?: string },
): Promise<Workspace> {
  await using opened = new AsyncDisposableStack();
  const { secrets, store, vault } = await openFoundations(config, opened, options.previousMasterKey);
  const log = operatorLog(options.logger);
  // The gateway holds its own chain; commands of one machine take turns on theirs, and are short.
  const parts = { store, vault, log, lockWaitMs: 10_000 };
  const audit = await openChain('audit-operator', config, parts, opened);
  const operator = `operator:${userInfo().username}`;
  const running = opened.move();
  return {
    config,
    store,
    vault,
    secrets,
    audit,
    clock: systemClock,
    roleManagers: createRoleManagers(secrets),
    operator,
    close: () => running.disposeAsync(),
  };
}
