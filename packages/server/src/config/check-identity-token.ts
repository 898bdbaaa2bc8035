import type { DatabaseHead, RoleEntry } from './database-schema.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';
import { identityTokenEngines } from './supported.ts';

/** What `identityToken` says wrong together with the other keys of its database and with the sign-in methods. */
export function checkIdentityToken(
  root: unknown,
  { engine, identityToken, aws, tls, shareAcrossPeople }: DatabaseHead,
  roles: ReadonlyMap<string, RoleEntry>,
  at: KeyPath,
): readonly Finding[] {
  if (identityToken === undefined) return [];
  const path = [...at, 'identityToken'];
  if (!identityTokenEngines.includes(engine))
    return [
      {
        path,
        message: `Tokens of identity providers are taken by ${identityTokenEngines.join(', ')} only.`,
        fix: 'Remove identityToken.',
      },
    ];
  const findings: Finding[] = [];
  if (valueAt(root, ['signIn', identityToken.signIn, 'kind']) !== 'oidc')
    findings.push({
      path: [...path, 'signIn'],
      message: 'There is no OpenID sign-in method of this name.',
      fix: 'Name one of signIn that has kind: oidc.',
    });
  if (aws !== undefined)
    findings.push({
      path,
      message: 'Logins come from AWS or from the identity provider, not both.',
      fix: 'Remove aws or identityToken.',
    });
  if (tls === 'require')
    findings.push({
      path: [...at, 'tls'],
      message: 'Tokens of people would be shown to whoever answers.',
      fix: 'Write verify-full.',
    });
  if (shareAcrossPeople)
    findings.push({
      path: [...at, 'shareAcrossPeople'],
      message: 'With identityToken each person is a user of their own, and nobody may be another.',
      fix: 'Remove shareAcrossPeople.',
    });
  const asPerson = [...roles].filter(
    ([, { password, grants }]) => password === undefined && grants === undefined,
  );
  for (const [name] of asPerson.slice(1))
    findings.push({
      path: [...at, 'roles', name],
      message: `This is the same as the role ${asPerson[0]?.[0]}: the rights of a person are those of their token, whatever the role.`,
      fix: 'Keep one of them, or give this one a password or grants.',
    });
  return findings;
}
