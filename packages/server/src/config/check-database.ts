import { allowingCommand, deniedCommands } from '../core/index.ts';
import { isLoopback } from './addresses.ts';
import { checkAclRules } from './check-acl-rules.ts';
import { checkAws, checkReach } from './check-aws.ts';
import { checkCloud } from './check-cloud.ts';
import { checkCluster } from './check-cluster.ts';
import { checkIdentityToken } from './check-identity-token.ts';
import { checkRuleUsers } from './check-rule.ts';
import { checkSentinels } from './check-sentinels.ts';
import { type DatabaseHead, databaseHeadSchema, type RoleEntry, roleSchema } from './database-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import { keysAt, parsed } from './file-parts.ts';
import { listed } from './listed.ts';
import type { KeyPath } from './problem.ts';
import { type Finding, valueAt } from './schema-problems.ts';
import {
  commandEngines,
  knownPoolModes,
  localInfileEngines,
  numberedEngines,
  poolModes,
  supportedPoolModes,
} from './supported.ts';

/** What the keys of one database say wrong together: transport, managed roles, logins. */
export function checkDatabase(root: unknown, name: string): readonly Finding[] {
  const at = ['databases', name];
  const entry = valueAt(root, at);
  if (typeof entry !== 'object' || entry === null) return [];
  const { roles: _, ...head } = entry as Record<string, unknown>;
  const parsedHead = databaseHeadSchema.safeParse(head).data;
  const findings: Finding[] = [...checkReach(root, at), ...checkPool(root, at)];
  if (parsedHead !== undefined)
    findings.push(
      ...checkTransport(parsedHead, at),
      ...checkClientCertificate(parsedHead, at),
      ...checkSentinels(parsedHead, at),
      ...checkCluster(parsedHead, at),
      ...checkName(parsedHead, at),
      ...checkCommands(parsedHead, at),
      ...checkCloud(parsedHead, at),
      ...checkLocalInfile(parsedHead, at),
    );

  const hasManager = valueAt(root, [...at, 'manager']) !== undefined;
  const hasIssuer = ['aws', 'cloud', 'identityToken'].some(
    (key) => valueAt(root, [...at, key]) !== undefined,
  );
  const roles = new Map<string, RoleEntry>();
  const logins = new Map<string, { readonly role: string; readonly managed: boolean }>();
  for (const role of keysAt(root, [...at, 'roles'])) {
    const path = [...at, 'roles', role];
    findings.push(...checkRuleUsers(root, [...path, 'allow'], roleSchema.shape.allow));
    const parsedRole = parsed(roleSchema, root, path);
    if (parsedRole === undefined) continue;
    roles.set(role, parsedRole);
    findings.push(...checkRole(parsedRole, role, path, { hasManager, hasIssuer }));
    findings.push(...checkAclRules(String(valueAt(root, [...at, 'engine'])), parsedRole, path));
    if (parsedHead?.manager?.login === parsedRole.login)
      findings.push({
        path: [...path, 'login'],
        message: 'This is the login of the manager, which may make roles and set passwords.',
        fix: 'Give the role a login of its own.',
      });
    const other = logins.get(parsedRole.login);
    const managed = parsedRole.password === undefined && (parsedRole.grants !== undefined || !hasIssuer);
    if (other !== undefined && (managed || other.managed))
      findings.push({
        path: [...path, 'login'],
        message: `The role ${other.role} has the same login, and a managed login belongs to one role.`,
        fix: 'Give each role a login of its own.',
      });
    logins.set(parsedRole.login, { role, managed });
  }
  if (parsedHead !== undefined)
    findings.push(...checkAws(parsedHead, roles, at), ...checkIdentityToken(root, parsedHead, roles, at));
  return findings;
}

function checkTransport(head: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (head.tls === 'off' && head.host !== undefined && !isLoopback(head.host))
    return [
      {
        path: [...at, 'tls'],
        message: 'Without TLS, passwords and data would cross the network in clear text.',
        fix: 'Write verify-full; off is for a loopback host only.',
      },
    ];
  if (head.tlsCa !== undefined && (head.tls === 'off' || head.tls === 'require'))
    return [
      {
        path: [...at, 'tlsCa'],
        message: `With tls: ${head.tls} nothing is checked against this file.`,
        fix: 'Write tls: verify-full, or remove tlsCa.',
      },
    ];
  return [];
}

function checkClientCertificate({ tls, tlsCert, tlsKey }: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (tlsCert === undefined && tlsKey === undefined) return [];
  if (tlsCert === undefined)
    return [
      {
        path: [...at, 'tlsKey'],
        message: 'This key has no certificate.',
        fix: 'Add tlsCert, or remove tlsKey.',
      },
    ];
  const path = [...at, 'tlsCert'];
  if (tlsKey === undefined)
    return [{ path, message: 'This certificate has no key.', fix: 'Add tlsKey, or remove tlsCert.' }];
  if (tls === 'off' || tls === 'require')
    return [
      {
        path,
        message: `With tls: ${tls} this certificate would be shown to whoever answers.`,
        fix: 'Write tls: verify-full, or remove tlsCert and tlsKey.',
      },
    ];
  return [];
}

/** A server of one engine has names for its databases, one of another has numbers. */
function checkName({ engine, database }: DatabaseHead, at: KeyPath): readonly Finding[] {
  const path = [...at, 'database'];
  const numbered = numberedEngines.includes(engine);
  if (numbered && database !== undefined && !/^(0|[1-9]\d{0,4})$/.test(String(database)))
    return [
      {
        path,
        message: `A database of ${engine} has a number and no name.`,
        fix: 'Write its number, or leave this out for 0.',
      },
    ];
  if (!numbered && typeof database === 'number')
    return [
      {
        path,
        message: `A database of ${engine} has a name, and this is a number.`,
        fix: 'Put it in quotes if that is its name.',
      },
    ];
  return [];
}

function checkCommands({ engine, allowCommands }: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (allowCommands === undefined) return [];
  const path = [...at, 'allowCommands'];
  if (!commandEngines.includes(engine))
    return [
      {
        path,
        message: `Grantway refuses no command of ${engine} by itself.`,
        fix: 'Take this entry out; the rights of the logins decide.',
      },
    ];
  return allowCommands.flatMap((given, index) => checkCommand(given.toUpperCase(), [...path, index]));
}

function checkCommand(command: string, path: KeyPath): readonly Finding[] {
  const outcome = allowingCommand(command);
  if (outcome === 'counts') return [];
  if (outcome === 'never')
    return [{ path, message: `${command} cannot be allowed.`, fix: 'Take this entry out.' }];
  const meant = didYouMean(command, [...deniedCommands.keys()]);
  return [
    {
      path,
      message: `${command} is not among the commands that Grantway refuses by name, so this changes nothing.`,
      fix:
        meant === undefined || command.startsWith(`${meant} `)
          ? 'Take this entry out; the rights of the logins decide.'
          : `Did you mean ${meant}?`,
    },
  ];
}

/** As it was written: which words it takes depends on the engine, which the schema of the key does not see. */
function checkPool(root: unknown, at: KeyPath): readonly Finding[] {
  const path = [...at, 'pool', 'mode'];
  const engine = parsed(databaseHeadSchema.shape.engine, root, [...at, 'engine']);
  const given = valueAt(root, path);
  if (engine === undefined || typeof given !== 'string') return [];
  const takes = poolModes[engine];
  const isGiven = (mode: string) => mode === given;
  if (takes.some(isGiven)) return [];
  const meant = didYouMean(given, takes);
  const fix = `${meant === undefined ? '' : `Did you mean ${meant}? `}Write ${listed(takes, 'or')}, or take this entry out.`;
  if (supportedPoolModes.some(isGiven))
    return [{ path, message: `A connection of ${engine} serves one client at a time.`, fix }];
  const word = JSON.stringify(given.slice(0, 64));
  const message = knownPoolModes.some(isGiven)
    ? `Pooling by ${word} is not in this version of Grantway.`
    : `${word} is not a way to pool.`;
  return [{ path, message, fix }];
}

function checkLocalInfile({ engine, allowLocalInfile }: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (!allowLocalInfile || localInfileEngines.includes(engine)) return [];
  return [
    {
      path: [...at, 'allowLocalInfile'],
      message: `Clients of ${engine} have no LOAD DATA LOCAL INFILE.`,
      fix: 'Take this entry out.',
    },
  ];
}

function checkRole(
  role: RoleEntry,
  name: string,
  path: KeyPath,
  { hasManager, hasIssuer }: { readonly hasManager: boolean; readonly hasIssuer: boolean },
): readonly Finding[] {
  if (role.password !== undefined && role.grants !== undefined)
    return [
      {
        path: [...path, 'grants'],
        message: 'A role with a password is not managed, so its grants would never be made.',
        fix: 'Remove grants, or remove password to let Grantway make the login.',
      },
    ];
  if (role.password !== undefined || (hasIssuer && role.grants === undefined)) return [];
  const findings: Finding[] = [];
  if (role.grants === undefined)
    findings.push({
      path,
      message: `The role ${name} has no password, so Grantway is to make its login, but it does not say what the login may do.`,
      fix: 'Add grants: read, write, admin or a list of statements; or add a password.',
    });
  if (!hasManager)
    findings.push({
      path,
      message: `The role ${name} has no password, so Grantway is to make its login, but the database has no manager to do it with.`,
      fix: 'Add manager: { login, password } to the database; or add a password to the role.',
    });
  return findings;
}
