import type { AwsEntry } from './aws-schema.ts';
import { type DatabaseHead, databaseSchema, type RoleEntry } from './database-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import { keysAt } from './file-parts.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';
import { awsEngines } from './supported.ts';

/** What `aws` says wrong together with the other keys of its database. */
export function checkAws(
  head: DatabaseHead,
  roles: ReadonlyMap<string, RoleEntry>,
  at: KeyPath,
): readonly Finding[] {
  const { aws } = head;
  if (aws === undefined) return checkRolesWithoutAws(roles, at);
  const path = [...at, 'aws'];
  if (!awsEngines.includes(head.engine))
    return [
      {
        path,
        message: `AWS issues logins for ${awsEngines.join(', ')} only.`,
        fix: 'Remove aws, and give each role a password or grants.',
      },
    ];
  return [
    ...checkWarehouse(aws, path),
    ...checkSharing(head, aws, at),
    ...[...roles].flatMap(([name, role]) => checkAwsRole(role, aws, [...at, 'roles', name])),
  ];
}

/** A database is reached over the network, or else through the Data API. */
export function checkReach(root: unknown, at: KeyPath): readonly Finding[] {
  const hasHost = valueAt(root, [...at, 'host']) !== undefined;
  const hasNodes = ['sentinels', 'cluster'].some((key) => valueAt(root, [...at, key]) !== undefined);
  const dataApi = valueAt(root, [...at, 'aws', 'dataApi']) === true;
  const path = [...at, 'host'];
  // A key that seems to be meant for it has a problem of its own.
  const misspelt = keysAt(root, at).some(
    (key) =>
      !Object.hasOwn(databaseSchema.shape, key) &&
      didYouMean(key, ['host', 'sentinels', 'cluster']) !== undefined,
  );
  if (!hasHost && !dataApi && !hasNodes && !misspelt)
    return [{ path, message: 'The key host is missing.', fix: 'Write a text, for example db.internal.' }];
  if (hasHost && dataApi)
    return [
      {
        path,
        message: 'A database is reached over the network or through the Data API, not both.',
        fix: 'Remove host, or remove aws.dataApi.',
      },
    ];
  return [];
}

function checkWarehouse(aws: AwsEntry, path: KeyPath): readonly Finding[] {
  const { cluster, workgroup, loginAs, autoCreate } = aws;
  if ((cluster === undefined) === (workgroup === undefined))
    return [
      {
        path,
        message: 'It does not say which one warehouse this is.',
        fix: 'Write exactly one of cluster and workgroup.',
      },
    ];
  if (workgroup !== undefined && loginAs !== undefined && loginAs !== 'iam')
    return [
      {
        path: [...path, 'loginAs'],
        message: 'A workgroup decides by the AWS identity alone who a session is.',
        fix: 'Write iam or remove loginAs, and give each role an awsRole of its own.',
      },
    ];
  const fromIdentity = workgroup !== undefined || loginAs === 'iam';
  if (autoCreate && (fromIdentity || aws.dataApi))
    return [
      {
        path: [...path, 'autoCreate'],
        message: 'Only a login for a named user of a cluster can make that user.',
        fix: 'Remove autoCreate.',
      },
    ];
  return [];
}

function checkSharing({ shareAcrossPeople }: DatabaseHead, aws: AwsEntry, at: KeyPath): readonly Finding[] {
  if (!shareAcrossPeople || aws.loginAs !== 'person') return [];
  return [
    {
      path: [...at, 'shareAcrossPeople'],
      message: 'With aws.loginAs: person each person is a user of their own, and nobody may be another.',
      fix: 'Remove shareAcrossPeople.',
    },
  ];
}

function checkAwsRole(role: RoleEntry, aws: AwsEntry, path: KeyPath): readonly Finding[] {
  const { password, grants, dbGroups, awsRole, login } = role;
  const own = password !== undefined ? 'password' : grants !== undefined ? 'grants' : undefined;
  if (own !== undefined) {
    if (aws.dataApi)
      return [
        {
          path: [...path, own],
          message: 'The Data API takes no password: the AWS identity is the proof.',
          fix: `Remove ${own}.`,
        },
      ];
    return unused({ dbGroups, awsRole }, path, `its login comes from ${own}`);
  }
  if (aws.cluster === undefined || aws.loginAs === 'iam')
    return unused({ dbGroups }, path, 'the user comes from the AWS identity');
  if (aws.dataApi) return unused({ dbGroups }, path, 'the Data API joins no groups');
  if (aws.loginAs === 'person' || /^[a-z][a-z0-9_+.@-]{0,63}$/.test(login)) return [];
  return [
    {
      path: [...path, 'login'],
      message: 'AWS issues no login under this name.',
      fix: 'Use a small letter first, then small letters, digits and _ + . @ - only.',
    },
  ];
}

function checkRolesWithoutAws(roles: ReadonlyMap<string, RoleEntry>, at: KeyPath): readonly Finding[] {
  return [...roles].flatMap(([name, { dbGroups, awsRole }]) =>
    unused({ dbGroups, awsRole }, [...at, 'roles', name], 'the database has no section aws'),
  );
}

function unused(
  keys: Pick<RoleEntry, 'dbGroups' | 'awsRole'>,
  path: KeyPath,
  why: string,
): readonly Finding[] {
  return Object.entries(keys)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => ({
      path: [...path, key],
      message: `This would change nothing: ${why}.`,
      fix: `Remove ${key}.`,
    }));
}
