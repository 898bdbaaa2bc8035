/** Everybody who signed in or was added, by principal id. */
export interface People {
  get(id: string): Promise<Person | undefined>;
  list(): Promise<readonly Person[]>;
  /** Adds somebody who has not signed in (config, command), or renews what is known of them; touches nothing else. */
  put(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** Records what a sign-in method said of a person (name, groups, claims); never touches `disabled` or the password. */
  seen(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** Records what a sign-in method said when it was asked again, without a sign-in. Nothing for somebody unknown. */
  heard(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** What the sign-in method said does not count any more: {@link Person.heardAt} is long ago, until the next sign-in. */
  silence(id: string): Promise<void>;
  /** Records what a provisioning client says of a person, and adds them if they are unknown. */
  provision(
    person: Pick<Person, 'id' | 'displayName'> & { readonly provisioned: Provisioned },
    at: number,
  ): Promise<void>;
  /** Of both: whether there is such a person. */
  disable(id: string): Promise<boolean>;
  enable(id: string): Promise<boolean>;
  /** A sign-in of this person that began before comes to nothing: {@link Person.signInEpoch} is a new mark. */
  endSignIns(id: string): Promise<void>;
  /**
   * A place in the one order of everything that ends sign-ins, whoever's they are: whatever ends some after this resolves
   * comes later than it.
   */
  signInMark(): Promise<number>;
  /**
   * Forgets somebody, so that whoever is added under the same id has nothing of theirs: applications that they
   * registered are nobody's then. What they hold in the artifacts has ended before.
   */
  remove(id: string): Promise<boolean>;
  /** Sets the local password. `expiresAt` marks a first secret that must be changed before it. */
  setPassword(id: string, password: LocalPassword): Promise<void>;
  /** Replaces the hash only if it is still `from`, so that an upgrade never undoes a change. */
  upgradePassword(id: string, from: string, to: string): Promise<boolean>;
  /** The person's own choice, which does not expire. Only if the hash is still `from`, so that a reset meanwhile stands. */
  changePassword(id: string, from: string, to: string): Promise<boolean>;
  password(id: string): Promise<LocalPassword | undefined>;
}

/** One person: what rules see of them, and whether they may still come in. Times are wall-clock milliseconds. */
export interface Person {
  readonly id: string;
  readonly displayName: string;
  /** What the sign-in method said, together with what was provisioned: what rules go by. */
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Switched off here, or deactivated by whoever provisions them. */
  readonly disabled: boolean;
  readonly createdAt: number;
  /**
   * The {@link People.signInMark} at which their sign-ins were last ended (a change of password, a sign-out everywhere, a
   * switch-off), or at which they were added: one that began at an earlier mark counts no more.
   */
  readonly signInEpoch: number;
  readonly lastSignInAt?: number;
  /** When the sign-in method last spoke of this person: at a sign-in, or asked again since. */
  readonly heardAt?: number;
}

/** What a provisioning client says of a person. */
export interface Provisioned {
  /** False: the person is kept out, whatever a sign-in method says. */
  readonly active: boolean;
  readonly groups: readonly string[];
  /** True: these groups count instead of those of the sign-in method, and not together with them. */
  readonly groupsInstead: boolean;
}

/** What proves somebody who signs in with a password of this gateway. Never the password. */
export interface LocalPassword {
  /** argon2id or bcrypt, in PHC format. */
  readonly hash: string;
  readonly expiresAt?: number;
  /**
   * Only for people of the config file: {@link hashSecret} of the hash that the file gave, so that the next start
   * sees whether the file changed. `setPassword` without it, and `upgradePassword`, leave the stored one as it is.
   */
  readonly configured?: string;
}
