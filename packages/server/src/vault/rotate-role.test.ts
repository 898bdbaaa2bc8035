import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, type Database, newUuid, type Role, Secret } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import type { RoleManager } from '../engines/index.ts';
import { type Locks, openStore, type Store } from '../store/index.ts';
import { openVault } from './open-vault.ts';
import { RoleSecrets } from './role-secrets.ts';
import { rotateRole } from './rotate-role.ts';
import type { Vault } from './vault.ts';

const role = sampleRole({ grants: { kind: 'template', template: 'read' } });
const database = sampleDatabase({ roles: [role] });

type Manager = Pick<RoleManager, 'setPassword' | 'accepts'>;

/**
 * A fake stands in for the server: a real one cannot be stopped between a statement's effect and its answer, which
 * is what these tests are about. The real manager is tested with a real server in its own folder.
 */
class FakeServer implements Manager {
  password: string | undefined;
  /** False for a login that is disabled: the server takes a password for it and still lets nobody in. */
  loginAllowed = true;

  async setPassword(_database: Database, _manager: Secret, _role: Role, password: Secret): Promise<void> {
    this.password = password.reveal();
  }

  async accepts(_database: Database, _role: Role, password: Secret): Promise<boolean> {
    return this.loginAllowed && password.reveal() === this.password;
  }
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-rotate-role-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

class Installation {
  readonly server = new FakeServer();
  readonly store: Store;
  readonly vault: Vault;
  readonly credentials: RoleSecrets;
  now = 1_000_000;

  constructor(store: Store, vault: Vault) {
    this.store = store;
    this.vault = vault;
    this.credentials = this.secretsIn(vault);
  }

  /** Rotates with the given parts in place of the real ones. */
  rotate(parts: { readonly manager?: Manager; readonly vault?: Vault; readonly locks?: Locks } = {}) {
    const clock: Clock = { now: () => this.now, monotonic: () => this.now };
    return rotateRole({
      manager: parts.manager ?? this.server,
      database,
      role,
      managerSecret: new Secret('manager'),
      credentials: parts.vault === undefined ? this.credentials : this.secretsIn(parts.vault),
      locks: parts.locks ?? this.store.locks,
      clock,
    });
  }

  async candidates(): Promise<readonly string[]> {
    return (await this.credentials.passwords('authdb', 'readonly')).map((secret) => secret.reveal());
  }

  secretsIn(vault: Vault): RoleSecrets {
    return new RoleSecrets({
      databases: () => new Map([[database.name, database]]),
      secrets: {
        resolve: async () => {
          throw new Error('a managed role has no reference');
        },
      },
      vault,
    });
  }
}

async function newInstallation(): Promise<Installation> {
  const clock: Clock = { now: () => 0, monotonic: () => 0 };
  const store = await openStore({ kind: 'sqlite', path: join(folder, `${newUuid()}.db`) }, clock);
  return new Installation(store, await openVault({ store, masterKey: createSecretKey(randomBytes(32)) }));
}

/** A process that dies at its n-th step, before the step has an effect or after it, and does nothing from then on. */
class MortalProcess {
  #steps = 0;
  died = false;
  readonly #dieAt: number;
  readonly #when: 'before' | 'after';
  readonly #afterEachStep: () => Promise<void>;

  constructor(dieAt: number, when: 'before' | 'after', afterEachStep: () => Promise<void>) {
    this.#dieAt = dieAt;
    this.#when = when;
    this.#afterEachStep = afterEachStep;
  }

  async step<T>(effect: () => Promise<T>): Promise<T> {
    this.#steps++;
    const last = this.#steps === this.#dieAt;
    if (this.died || (last && this.#when === 'before')) this.#die();
    const result = await effect();
    await this.#afterEachStep();
    if (last) this.#die();
    return result;
  }

  #die(): never {
    this.died = true;
    throw new Error('killed');
  }
}

function partsOf(process: MortalProcess, { server, vault, store }: Installation) {
  const manager: Manager = {
    setPassword: (...call) => process.step(() => server.setPassword(...call)),
    accepts: (...call) => process.step(() => server.accepts(...call)),
  };
  const mortalVault: Vault = {
    put: (...call) => process.step(() => vault.put(...call)),
    add: (...call) => process.step(() => vault.add(...call)),
    open: (...call) => process.step(() => vault.open(...call)),
    openAll: (...call) => process.step(() => vault.openAll(...call)),
    remove: (...call) => process.step(() => vault.remove(...call)),
    derive: (...call) => process.step(() => vault.derive(...call)),
  };
  const locks: Locks = {
    acquire: (...call) => process.step(() => store.locks.acquire(...call)),
    release: (...call) => process.step(() => store.locks.release(...call)),
  };
  return { manager, vault: mortalVault, locks };
}

describe('the rotation of a role', () => {
  test('gives a role its first secret, and then others', async () => {
    const installation = await newInstallation();
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    const first = installation.server.password ?? '';
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(await installation.candidates()).toEqual([first]);
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    expect(installation.server.password).not.toBe(first);
    expect(await installation.candidates()).toEqual([installation.server.password]);
    await installation.store.close();
  });

  test.each([
    ['before', 'the first rotation'],
    ['after', 'the first rotation'],
    ['before', 'a later rotation'],
    ['after', 'a later rotation'],
    ['before', 'the settling of an interrupted rotation'],
    ['after', 'the settling of an interrupted rotation'],
  ] as const)(
    'I04 killed %s any step of %s locks nobody out, and the next run settles it',
    async (when, which) => {
      let finished = false;
      for (let dieAt = 1; !finished; dieAt++) {
        const installation = await newInstallation();
        const { server, credentials } = installation;
        if (which !== 'the first rotation') await installation.rotate();
        if (which === 'the settling of an interrupted rotation') {
          await credentials.stageNext('authdb', 'readonly', new Secret('left behind, and set'));
          server.password = 'left behind, and set';
        }
        const old = server.password;
        const nobodyIsLockedOut = async () => {
          if (server.password !== undefined)
            expect(await installation.candidates()).toContain(server.password);
        };

        const process = new MortalProcess(dieAt, when, nobodyIsLockedOut);
        const ended = await installation.rotate(partsOf(process, installation)).catch(String);
        finished = !process.died;
        if (finished) expect(ended).toEqual({ outcome: 'rotated' });
        else expect(ended).toBe('Error: killed');
        await nobodyIsLockedOut();

        // The lease of the killed process runs out.
        installation.now += 60_000;
        expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
        expect(await installation.candidates()).toEqual([server.password]);
        expect(server.password).not.toBe(old);
        await installation.store.close();
      }
    },
  );

  test('I04 runs once at a time: who comes second is told so, and changes nothing', async () => {
    const installation = await newInstallation();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => installation.rotate()));
    const counted = (outcome: string) => outcomes.filter((rotation) => rotation.outcome === outcome).length;
    expect([counted('rotated'), counted('busy')]).toEqual([1, 9]);
    expect(await installation.candidates()).toEqual([installation.server.password]);
    await installation.store.close();
  });

  test('I04 leaves a fitting secret when a process that was frozen past its lease goes on late', async () => {
    const installation = await newInstallation();
    const { server } = installation;
    await installation.rotate();
    const { promise: frozen, resolve: thaw } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const late = installation.rotate({
      manager: {
        setPassword: async (...call) => {
          reach();
          await frozen;
          await server.setPassword(...call);
        },
        accepts: (...call) => server.accepts(...call),
      },
    });
    await reached;
    installation.now += 60_000;
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    thaw();
    expect(await late).toEqual({ outcome: 'rotated' });
    expect(await installation.candidates()).toEqual([server.password]);
    await installation.store.close();
  });

  test('passes on that the server cannot be reached, and can be run again at once', async () => {
    const installation = await newInstallation();
    await installation.rotate();
    const down: Manager = {
      setPassword: async () => {
        throw new Error('connection refused');
      },
      accepts: async () => {
        throw new Error('connection refused');
      },
    };
    await expect(installation.rotate({ manager: down })).rejects.toThrow('connection refused');
    await expect(installation.rotate({ manager: down })).rejects.toThrow('connection refused');
    expect(await installation.candidates()).toContain(installation.server.password);
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    await installation.store.close();
  });

  test('keeps both secrets when the server takes the password and still refuses the login', async () => {
    const installation = await newInstallation();
    const { server } = installation;
    await installation.rotate();
    const old = server.password;
    server.loginAllowed = false;
    expect(await installation.rotate()).toEqual({ outcome: 'not_accepted' });
    expect(await installation.candidates()).toEqual([server.password, old]);
    server.loginAllowed = true;
    expect(await installation.rotate()).toEqual({ outcome: 'rotated' });
    expect(await installation.candidates()).toEqual([server.password]);
    await installation.store.close();
  });
});
