import type { z } from 'zod';
import type { AllowRule, EngineName } from '../core/index.ts';
import { type DatabaseHead, databaseHeadSchema, type RoleEntry, roleSchema } from './database-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import type { KeyPath } from './problem.ts';
import { type ClientEntry, clientSchema, configSchema, listenSchema } from './schema.ts';
import { type Finding, listed, valueAt } from './schema-problems.ts';
import { supportedEngines } from './supported.ts';
import { isLoopback } from './values.ts';

/**
 * What only several keys together can say wrong. Runs on whatever parts of the file are well-formed by themselves,
 * so that one slip does not hide the others: all mistakes come in one report.
 */
export function crossCheck(root: unknown): readonly Finding[] {
  return [
    ...checkDoors(root),
    ...keysAt(root, ['databases']).flatMap((name) => checkDatabase(root, name)),
    ...keysAt(root, ['clients']).flatMap((id) => checkClient(root, id)),
    ...checkPeople(root),
    ...checkTokens(root),
    ...checkMethods(root),
    ...checkRuleUsers(root, ['admins'], configSchema.shape.admins),
  ];
}

function checkDoors(root: unknown): readonly Finding[] {
  const listen = parsed(listenSchema, root, ['listen']);
  if (listen === undefined) return [];
  const findings: Finding[] = [];
  const taken = new Map<string, string>();
  for (const [door, address] of Object.entries(listen)) {
    if (address === undefined) continue;
    const path = ['listen', door];
    if (door !== 'http' && !supportedEngines.includes(door as EngineName))
      findings.push({
        path,
        message: `The engine "${door}" is not in this version of Grantway, so nothing would answer at this door.`,
        fix: 'Take this entry out.',
      });
    const key = `${address.host}:${address.port}`;
    const other = taken.get(key);
    if (other !== undefined && address.port !== 0)
      findings.push({
        path,
        message: `The door ${other} listens at this address.`,
        fix: 'Give each door a port of its own.',
      });
    taken.set(key, door);
  }
  return findings;
}

function checkDatabase(root: unknown, name: string): readonly Finding[] {
  const at = ['databases', name];
  const entry = valueAt(root, at);
  if (typeof entry !== 'object' || entry === null) return [];
  const { roles: _, ...head } = entry as Record<string, unknown>;
  const parsedHead = databaseHeadSchema.safeParse(head).data;
  const findings: Finding[] = parsedHead === undefined ? [] : [...checkTransport(parsedHead, at)];

  const hasManager = valueAt(root, [...at, 'manager']) !== undefined;
  const logins = new Map<string, { readonly role: string; readonly managed: boolean }>();
  for (const role of keysAt(root, [...at, 'roles'])) {
    const path = [...at, 'roles', role];
    findings.push(...checkRuleUsers(root, [...path, 'allow'], roleSchema.shape.allow));
    const parsedRole = parsed(roleSchema, root, path);
    if (parsedRole === undefined) continue;
    findings.push(...checkRole(parsedRole, role, path, hasManager));
    if (parsedHead?.manager?.login === parsedRole.login)
      findings.push({
        path: [...path, 'login'],
        message: 'This is the login of the manager, which may make roles and set passwords.',
        fix: 'Give the role a login of its own.',
      });
    const other = logins.get(parsedRole.login);
    const managed = parsedRole.password === undefined;
    if (other !== undefined && (managed || other.managed))
      findings.push({
        path: [...path, 'login'],
        message: `The role ${other.role} has the same login, and a managed login belongs to one role.`,
        fix: 'Give each role a login of its own.',
      });
    logins.set(parsedRole.login, { role, managed });
  }
  return findings;
}

function checkTransport(head: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (head.tls === 'off' && !isLoopback(head.host))
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

function checkRole(role: RoleEntry, name: string, path: KeyPath, hasManager: boolean): readonly Finding[] {
  if (role.password !== undefined && role.grants !== undefined)
    return [
      {
        path: [...path, 'grants'],
        message: 'A role with a password is not managed, so its grants would never be made.',
        fix: 'Remove grants, or remove password to let Grantway make the login.',
      },
    ];
  if (role.password !== undefined) return [];
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

function checkClient(root: unknown, id: string): readonly Finding[] {
  const path = ['clients', id];
  const findings: Finding[] = [];
  if (id === 'grantway-cli' || id === 'psql')
    findings.push({ path, message: 'This client is built in.', fix: 'Choose another client id.' });
  const client = parsed(clientSchema, root, path);
  if (client === undefined) return findings;
  findings.push(...checkGrantTypes(client, path));
  for (const [index, scope] of client.scopes.entries())
    findings.push(...checkScope(root, scope, [...path, 'scopes', index]));
  return findings;
}

function checkGrantTypes(client: ClientEntry, path: KeyPath): readonly Finding[] {
  if (client.grantTypes.includes('authorization_code') && client.redirectUris.length === 0)
    return [
      {
        path,
        message: 'This client signs people in through a browser, but has no address to send them back to.',
        fix: 'Add redirectUris, or leave authorization_code out of grantTypes.',
      },
    ];
  if (client.grantTypes.includes('client_credentials') && client.secret === undefined)
    return [
      {
        path,
        message: 'A client that acts for itself needs a secret.',
        fix: 'Add secret: env:NAME, or leave client_credentials out of grantTypes.',
      },
    ];
  return [];
}

function checkScope(root: unknown, scope: string, path: KeyPath): readonly Finding[] {
  const [kind, database, role] = scope.split(':');
  if (kind !== 'db' || database === undefined) return [];
  const databases = keysAt(root, ['databases']);
  if (!databases.includes(database))
    return [
      {
        path,
        message: `There is no database ${JSON.stringify(database)} in this file.`,
        fix: suggestion(database, databases),
      },
    ];
  const roles = keysAt(root, ['databases', database, 'roles']);
  if (role !== undefined && !roles.includes(role))
    return [
      {
        path,
        message: `The database ${database} has no role ${JSON.stringify(role)}.`,
        fix: suggestion(role, roles),
      },
    ];
  return [];
}

function suggestion(given: string, known: readonly string[]): string {
  const near = didYouMean(given, known);
  if (known.length === 0) return 'Add it to the file.';
  return `${near === undefined ? 'There is' : `Did you mean ${near}? There is`} ${listed(known, 'and')}.`;
}

/** Two names that a person would type alike must not be two people. */
function checkPeople(root: unknown): readonly Finding[] {
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const name of keysAt(root, ['users'])) {
    const key = name.normalize('NFKC').toLowerCase();
    const other = seen.get(key);
    if (other !== undefined)
      findings.push({
        path: ['users', name],
        message: `This is the same name as ${JSON.stringify(other)}: upper and lower case do not count.`,
        fix: 'Keep one of the two.',
      });
    seen.set(key, name);
  }
  if (seen.size > 0 && valueAt(root, ['signIn']) !== undefined && !keysAt(root, ['signIn']).includes('local'))
    findings.push({
      path: ['users'],
      message: 'These people cannot sign in, because the method local is not configured.',
      fix: 'Add local: {} to signIn, or remove users.',
    });
  return findings;
}

function checkTokens(root: unknown): readonly Finding[] {
  const tokens = parsed(configSchema.shape.tokens, root, ['tokens']);
  if (tokens === undefined || tokens.refresh >= tokens.access) return [];
  return [
    {
      path: ['tokens', 'refresh'],
      message: 'A consent would end before its first access token.',
      fix: 'Write a duration that is at least as long as tokens.access.',
    },
  ];
}

/** `local` and `client` are halves of identities already; another method under these names could speak for others. */
function checkMethods(root: unknown): readonly Finding[] {
  return keysAt(root, ['signIn']).flatMap((name): readonly Finding[] => {
    const path = ['signIn', name];
    const kind = valueAt(root, [...path, 'kind']);
    if (name === 'client')
      return [
        {
          path,
          message: 'This name is for applications that act for themselves.',
          fix: 'Choose another name.',
        },
      ];
    if (name === 'local' && kind !== undefined && kind !== 'local')
      return [
        {
          path,
          message: 'The name local is for the people of this file and the store.',
          fix: 'Choose another name.',
        },
      ];
    if (name !== 'local' && kind === undefined)
      return [{ path, message: 'This method does not say what it is.', fix: 'Add kind.' }];
    if (name !== 'local' && kind === 'local')
      return [
        {
          path,
          message: 'There is one store of local people, and its method is called local.',
          fix: 'Rename it to local.',
        },
      ];
    return [];
  });
}

function checkRuleUsers(
  root: unknown,
  path: KeyPath,
  schema: z.ZodType<AllowRule | undefined>,
): readonly Finding[] {
  const rule = parsed(schema, root, path);
  if (rule?.kind !== 'users') return [];
  const given = valueAt(root, ['signIn']) === undefined ? ['local'] : keysAt(root, ['signIn']);
  const methods = [...given, 'client'];
  return rule.anyOf.flatMap((entry, index) => {
    const method = entry.slice(0, Math.max(entry.indexOf(':'), 0));
    if (!entry.includes(':') || methods.includes(method)) return [];
    return [
      {
        path: [...path, 'users', index],
        message: `There is no sign-in method ${JSON.stringify(method)}.`,
        fix: `Write method:subject with ${listed(methods, 'or')}, or the bare user name of a local person.`,
      },
    ];
  });
}

function keysAt(root: unknown, path: KeyPath): readonly string[] {
  const value = valueAt(root, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function parsed<T>(schema: z.ZodType<T>, root: unknown, path: KeyPath): T | undefined {
  return schema.safeParse(valueAt(root, path)).data;
}
