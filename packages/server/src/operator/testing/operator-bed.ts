import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach } from 'vitest';
import { openWorkspace } from '../../compose/index.ts';
import { type Config, loadConfig } from '../../config/index.ts';
import { hashSecret, type Secret } from '../../core/index.ts';
import { localMethod } from '../../identity/index.ts';
import { addPerson, readTrail, type Workspace } from '../index.ts';

const configText = `
issuer: http://127.0.0.1:8400
dataDir: ./data
masterKey: file:./master.key
listen: { http: 127.0.0.1:8400 }
databases:
  authdb:
    engine: postgres
    host: 127.0.0.1
    tls: off
    roles:
      admin: { login: a, password: env:A, allow: { groups: [admin] } }
      readonly: { login: r, password: env:R, allow: everyone }
`;

const logger = pino({ level: 'silent' });

/** Who {@link OperatorBed.addAda} adds. */
export const ada = 'local:ada@example.com';

/** The bed of a test file, made anew for each of its tests. */
export function operatorBed(): OperatorBed {
  const bed = new OperatorBed();
  beforeEach(() => bed.make());
  afterEach(() => bed.remove());
  return bed;
}

/** A workspace without a gateway beside it. */
export class OperatorBed {
  #folder = '';
  #workspace: Workspace | undefined;

  async make(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'grantway-operator-'));
    const file = join(this.#folder, 'grantway.yaml');
    await writeFile(file, configText);
    await this.#writeMasterKey();
    const loaded = await loadConfig(file, { env: {} });
    if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
    await this.open(loaded.config);
  }

  /** Opens the workspace, where it was closed. @throws what the opening throws */
  async open(config: Config, previousMasterKey?: string): Promise<void> {
    this.#workspace = await openWorkspace(config, {
      logger,
      ...(previousMasterKey !== undefined && { previousMasterKey }),
    });
  }

  get workspace(): Workspace {
    if (this.#workspace === undefined) throw new Error('the workspace is not open');
    return this.#workspace;
  }

  async remove(): Promise<void> {
    await this.#workspace?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Puts another master key in its place. Gives the reference of the one until now. */
  async replaceMasterKey(): Promise<string> {
    const previous = join(this.#folder, 'old.key');
    await rename(join(this.#folder, 'master.key'), previous);
    await this.#writeMasterKey();
    return `file:${previous}`;
  }

  /** What signing in with a password comes to. */
  async signIn(username: string, password: Secret): Promise<string> {
    const { store, clock } = this.workspace;
    const method = localMethod({ name: 'local', people: store.people, attempts: store.attempts, clock });
    const outcome = await method.verify({ username, password, remoteAddress: '127.0.0.1' });
    return outcome.outcome === 'failed' ? outcome.reason : outcome.outcome;
  }

  /** The administrative records so far, as `action target`. */
  async recorded(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const record of readTrail(this.workspace, { type: 'admin' }))
      lines.push(`${record.action} ${record.target}`);
    return lines;
  }

  /** The log of revocations, as `kind subject`. */
  async revocations(): Promise<readonly string[]> {
    const revoked = await this.workspace.store.revocations.since(0);
    return revoked.map(({ kind, subject }) => `${kind} ${subject}`);
  }

  /** Adds {@link ada}, an editor. Gives her first secret. */
  async addAda(): Promise<Secret> {
    const added = await addPerson(this.workspace, 'Ada@Example.com', ['editor']);
    if (added.outcome !== 'added') throw new Error(added.outcome);
    return added.secret;
  }

  /** A consent of somebody for a client. Gives its id. */
  async consentOf(personId: string, clientId: string): Promise<string> {
    const id = 'consent-1';
    await this.workspace.store.artifacts.upsert({
      model: 'Grant',
      idHash: hashSecret(id),
      payload: {
        jti: id,
        openid: { scope: 'openid profile' },
        resources: { 'http://127.0.0.1:8400/db/authdb': 'db:authdb:readonly' },
      },
      expiresAt: this.workspace.clock.now() + 60_000,
      accountId: personId,
      clientId,
      grantId: id,
    });
    return id;
  }

  async #writeMasterKey(): Promise<void> {
    await writeFile(join(this.#folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  }
}
