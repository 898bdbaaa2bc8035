import type { ProvisionedGroup, ProvisionedUser } from '../../store/index.ts';
import type { WrittenGroup } from './group-resource.ts';
import { oneByOne, type Provisioning } from './provisioning.ts';
import type { WrittenUser } from './user-resource.ts';
import { putGroup, removeGroup } from './write-group.ts';
import { putUser, removeUser } from './write-user.ts';

/** Writes what a provisioning client said, and takes the consequences for the people concerned. */
export interface Provisioner {
  /** `id` of the user that is replaced; undefined for a new one. `change` gets it as it is now. @throws ScimError */
  putUser(
    id: string | undefined,
    change: (now: ProvisionedUser | undefined) => WrittenUser,
  ): Promise<ProvisionedUser>;
  /** Keeps the person out from now on, whatever their provider says. @throws ScimError */
  removeUser(id: string): Promise<void>;
  putGroup(
    id: string | undefined,
    change: (now: ProvisionedGroup | undefined) => WrittenGroup,
  ): Promise<ProvisionedGroup>;
  removeGroup(id: string): Promise<void>;
}

/** The provisioner of one sign-in method. Writes of one method come one after the other, over all gateways. */
export function createProvisioner(provisioning: Provisioning): Provisioner {
  return {
    putUser: (id, change) => oneByOne(provisioning, () => putUser(provisioning, id, change)),
    removeUser: (id) => oneByOne(provisioning, () => removeUser(provisioning, id)),
    putGroup: (id, change) => oneByOne(provisioning, () => putGroup(provisioning, id, change)),
    removeGroup: (id) => oneByOne(provisioning, () => removeGroup(provisioning, id)),
  };
}
