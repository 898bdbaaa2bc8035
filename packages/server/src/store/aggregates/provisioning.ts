/**
 * Users and groups as provisioning clients (SCIM) wrote them, each for one sign-in method. What they mean for a person is
 * written by {@link People.provision}; ids are unique over all methods.
 */
export interface Provisioning {
  /** In the order in which they were made. */
  users(
    method: string,
    by?: {
      readonly id?: string;
      readonly nameKey?: string;
      readonly externalId?: string;
      readonly personId?: string;
    },
  ): Promise<readonly ProvisionedUser[]>;
  /** Inserts or replaces. Throws when another user has the name or the person; whoever writes looks before, in turn. */
  saveUser(user: ProvisionedUser): Promise<void>;
  /** Out of its groups, too. */
  removeUser(id: string): Promise<void>;
  groups(
    method: string,
    by?: { readonly id?: string; readonly name?: string },
  ): Promise<readonly ProvisionedGroup[]>;
  /** Inserts or replaces, with its members. Throws as {@link Provisioning.saveUser} does. */
  saveGroup(group: ProvisionedGroup): Promise<void>;
  removeGroup(id: string): Promise<void>;
  groupsOf(userId: string): Promise<readonly Pick<ProvisionedGroup, 'id' | 'name'>[]>;
}

/** One account as its provisioning client wrote it. Times are wall-clock milliseconds. */
export interface ProvisionedUser {
  readonly id: string;
  readonly method: string;
  /** The principal that this account is. */
  readonly personId: string;
  /** The user name as it is compared: upper and lower case do not count. */
  readonly nameKey: string;
  readonly externalId?: string;
  /** What the client wrote. JSON. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One group as its provisioning client wrote it. Times are wall-clock milliseconds. */
export interface ProvisionedGroup {
  readonly id: string;
  readonly method: string;
  /** What rules go by. */
  readonly name: string;
  readonly externalId?: string;
  /** Ids of {@link ProvisionedUser}s. */
  readonly memberIds: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}
