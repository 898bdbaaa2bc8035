import type { Database } from '../core/index.ts';
import type { Finding } from '../engines/index.ts';
import { configuredDatabase } from './configured-database.ts';
import { roleSecretsOf } from './managed-roles.ts';
import { unfitSecrets } from './unfit-secrets.ts';
import type { Workspace } from './workspace.ts';

/** A finding and the database that it is about. */
export interface DatabaseFinding extends Finding {
  readonly database: string;
}

/**
 * Looks at every configured database, or at the one named, as its manager account. Changes nothing. A database that
 * cannot be looked at is a finding itself, and the others go on.
 * @throws Refusal `request_invalid`
 */
export async function examineDatabases(
  workspace: Workspace,
  only: string | undefined,
): Promise<readonly DatabaseFinding[]> {
  const chosen =
    only === undefined ? [...workspace.config.databases.values()] : [configuredDatabase(workspace, only)];
  const found = await Promise.all(
    chosen.map(async (database) => {
      const findings = [...unverified(database), ...(await examineServer(workspace, database))];
      return findings.map((finding) => ({ database: database.name, ...finding }));
    }),
  );
  return found.flat();
}

function unverified({ name, tls }: Database): readonly Finding[] {
  if (tls !== 'require') return [];
  return [
    {
      severity: 'warning',
      code: 'tls_unverified',
      meaning: 'the connection is encrypted, but nobody checks that it ends at the right server',
      mend: `in the config: databases.${name}.tls: verify-full`,
    },
  ];
}

async function examineServer(workspace: Workspace, database: Database): Promise<readonly Finding[]> {
  const { roleManagers, secrets } = workspace;
  const manager = roleManagers[database.engine];
  if (manager === undefined || database.manager === undefined) {
    return [
      {
        severity: 'note',
        code: 'no_manager',
        meaning: 'there is no manager account to look at the server with',
        mend: `in the config: databases.${database.name}.manager: { login, password }`,
      },
    ];
  }
  try {
    const findings = await manager.examine(database, await secrets.resolve(database.manager.password));
    const unfit = await unfitSecrets(manager, database, roleSecretsOf(workspace));
    return [
      ...findings,
      ...unfit.map(
        ({ because }): Finding => ({
          severity: 'warning',
          code: 'secret_unfit',
          meaning: because,
          mend: `grantway roles apply ${database.name}`,
        }),
      ),
    ];
  } catch (thrown) {
    // Whatever it is: the other databases are still to be looked at, and this one is not proved sound.
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return [
      {
        severity: 'danger',
        code: 'not_examined',
        meaning: `the server could not be looked at: ${reason}`,
        mend: `mend what the sentence says, then: grantway doctor ${database.name}`,
      },
    ];
  }
}
