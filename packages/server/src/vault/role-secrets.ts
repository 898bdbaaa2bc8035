import type { Database, Permit, Role, Secret } from '../core/index.ts';
import type { LoginCandidate, SecretSource, UpstreamCredentials, Vault } from './vault.ts';

const currentKind = 'role';
const nextKind = 'role-next';

/**
 * The passwords of the roles' logins: referenced ones through the secret source, those of managed roles from the
 * vault. While a rotation is in flight a managed role has two, the current one and the staged next one, and the
 * server takes one of them at any moment.
 */
export class RoleSecrets implements UpstreamCredentials {
  readonly #databases: () => ReadonlyMap<string, Database>;
  readonly #secrets: SecretSource;
  readonly #vault: Vault;

  /** `databases` gives those of the config that is valid now, also after a reload. */
  constructor(options: {
    readonly databases: () => ReadonlyMap<string, Database>;
    readonly secrets: SecretSource;
    readonly vault: Vault;
  }) {
    this.#databases = options.databases;
    this.#secrets = options.secrets;
    this.#vault = options.vault;
  }

  /**
   * The role's login with each of its {@link passwords}. They are looked up again after each refusal: between the look and
   * the login a rotation may have set another one on the server. @throws Error as they do
   */
  async *candidates({ database, role }: Pick<Permit, 'database' | 'role'>): AsyncGenerator<LoginCandidate> {
    const refused: Secret[] = [];
    for (;;) {
      const passwords = await this.passwords(database.name, role.name);
      const password = passwords.find((one) => !refused.some((other) => other.reveal() === one.reveal()));
      if (password === undefined) return;
      yield { login: role.login, password };
      refused.push(password);
    }
  }

  /**
   * The staged secret first: a rotation sets it on the server right after it was staged.
   * Empty for a managed role that never got a secret.
   * @throws Error when the config has no such role (any more), or a reference cannot be resolved.
   */
  async passwords(database: string, role: string): Promise<readonly Secret[]> {
    const reference = this.#role(database, role).password;
    if (reference !== undefined) return [await this.#secrets.resolve(reference)];
    // In this order: a promotion between the two reads then shows the same secret twice, and never none.
    const next = await this.staged(database, role);
    const current = await this.current(database, role);
    const both = [next, current].filter((secret) => secret !== undefined);
    return next?.reveal() === current?.reveal() ? both.slice(0, 1) : both;
  }

  /** The secret that the last finished rotation set; undefined before the first. */
  async current(database: string, role: string): Promise<Secret | undefined> {
    return await this.#vault.open(currentKind, recordId(database, role));
  }

  /** The secret of a rotation that has not finished. */
  async staged(database: string, role: string): Promise<Secret | undefined> {
    return await this.#vault.open(nextKind, recordId(database, role));
  }

  /** Writes ahead what the server is going to be told. Durable when it resolves. */
  async stageNext(database: string, role: string, secret: Secret): Promise<void> {
    await this.#vault.put(nextKind, recordId(database, role), secret);
  }

  /**
   * Makes `accepted`, which the server was just seen to take, the current secret, and forgets the staged copy of it.
   * May be killed and run again. It goes by what the server took and not by what is staged: a process that wakes up
   * after its lease has ended then still leaves a current secret that fits the server.
   */
  async promoteNext(database: string, role: string, accepted: Secret): Promise<void> {
    await this.#vault.put(currentKind, recordId(database, role), accepted);
    const staged = await this.staged(database, role);
    if (staged?.reveal() === accepted.reveal()) await this.dropNext(database, role);
  }

  /** Forgets the staged secret. Only for one that the server is known not to have. */
  async dropNext(database: string, role: string): Promise<void> {
    await this.#vault.remove(nextKind, recordId(database, role));
  }

  #role(database: string, role: string): Role {
    const found = this.#databases()
      .get(database)
      ?.roles.find(({ name }) => name === role);
    if (found === undefined) throw new Error(`the configuration has no role ${database}/${role}`);
    return found;
  }
}

function recordId(database: string, role: string): string {
  return `${database}/${role}`;
}
