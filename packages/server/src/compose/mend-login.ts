import type { Audit } from '../audit/index.ts';
import { Refusal, type Role } from '../core/index.ts';
import type { RoleManager } from '../engines/index.ts';
import type { Log } from '../gateway/index.ts';
import { isLockedOut, type Rotation, replaceRefusedSecret } from '../vault/index.ts';

/** What the managed logins of one database are mended with. */
export interface Mending extends Omit<Rotation, 'role' | 'manager'> {
  readonly manager: RoleManager;
  readonly audit: Pick<Audit, 'recordDurably'>;
  readonly log: Pick<Log, 'problem'>;
}

/**
 * Takes back the settings that logins have made for themselves. @throws Refusal when the manager account cannot look, or
 * cannot take them back
 */
export async function takeBackSettings(mending: Mending): Promise<void> {
  const { manager, database, managerSecret, log } = mending;
  const taken = await manager.ownChanges?.takeBackSettings(database, managerSecret, async (statements) => {
    await Promise.all(
      statements.map(({ sql, because }) =>
        record(mending, 'role_settings_taken_back', database.name, `${because}; ${sql}`),
      ),
    );
  });
  if (taken === undefined || taken.length === 0) return;
  const found = taken.map(({ because }) => because).join('; ');
  log.problem(
    `On "${database.name}" settings were taken back; the audit shows the session that made them. Found: ${found}`,
    undefined,
  );
}

/**
 * Gives the login of a role a fresh secret when the server takes none of those that sessions try.
 * @throws Refusal when that could not be tried, or the manager account could not do it
 */
export async function restoreSecret(mending: Mending, role: Role): Promise<void> {
  const { database, log } = mending;
  const rotation = { ...mending, role };
  if (!(await isLockedOut(rotation))) return;
  const target = `${database.name}/${role.name}`;
  const because = `the server took none of the secrets of the login ${role.login}`;
  const { outcome } = await replaceRefusedSecret(rotation, () =>
    record(mending, 'role_secret_rotated', target, because),
  );
  switch (outcome) {
    case 'rotated':
      log.problem(
        `Nobody could begin a session as "${target}": ${because}. It got a fresh one; if a session changed it, the audit shows which.`,
        undefined,
      );
      return;
    case 'not_accepted':
      throw new Refusal('request_invalid', {
        what: `The server took a fresh secret for the login "${role.login}" and still refuses it. Was it locked, or does it expire?`,
      });
    case 'busy':
    case 'accepted':
      // Another process is at it, or was.
      return;
  }
}

async function record({ audit }: Mending, action: string, target: string, detail: string): Promise<void> {
  await audit.recordDurably({ type: 'admin', action, target, by: 'grantway', detail });
}
