import { DescriptorWatch } from '../gateway/index.ts';
import type { AuthorizationServer } from '../oauth/index.ts';
import { startChores } from './chores.ts';
import { createRoleManagers } from './engine-registry.ts';
import type { GatewayBase } from './open-base.ts';
import { managedLoginCare } from './tend-managed-logins.ts';

/** Does what nobody asks for: see {@link startChores}. And tells the operator in time of file descriptors that run out. */
export function keepHouse(
  base: GatewayBase,
  authorizationServer: AuthorizationServer,
  opened: AsyncDisposableStack,
): DescriptorWatch {
  const tendManagedLogins = managedLoginCare({ ...base, roleManagers: createRoleManagers(base.secrets) });
  const chores = startChores({ ...base, authorizationServer, tendManagedLogins });
  opened.defer(() => chores.stop());
  const descriptors = new DescriptorWatch(base.log, base.clock);
  descriptors.start();
  opened.defer(() => descriptors.stop());
  return descriptors;
}
