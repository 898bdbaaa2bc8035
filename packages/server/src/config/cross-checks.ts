import { checkClient } from './check-client.ts';
import { checkDatabase } from './check-database.ts';
import { checkRuleUsers } from './check-rule.ts';
import { checkUnused } from './check-unused.ts';
import { workloadMethod } from './config.ts';
import { keysAt, parsed } from './file-parts.ts';
import { foldUsername } from './fold-username.ts';
import { advertiseSchema, configSchema, listenSchema } from './schema.ts';
import { type Finding, valueAt } from './schema-problems.ts';

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
    ...checkProvisioning(root),
    ...checkDirectPasswords(root),
    ...checkCertificates(root),
    ...checkUnused(root),
    ...checkRuleUsers(root, ['admins'], configSchema.shape.admins),
    ...checkRuleUsers(root, ['registration', 'people'], configSchema.shape.admins),
    ...checkRuleUsers(root, ['registration', 'approvedBy'], configSchema.shape.admins),
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
  const advertised = parsed(advertiseSchema, root, ['advertise']);
  for (const [door, address] of Object.entries(advertised ?? {})) {
    if (address === undefined || door in listen) continue;
    findings.push({
      path: ['advertise', door],
      message: `Clients would be sent to the door ${door}, which is closed.`,
      fix: `Open it with listen.${door}, or remove this key.`,
    });
  }
  return findings;
}

/** Two names that a person would type alike must not be two people. */
function checkPeople(root: unknown): readonly Finding[] {
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const name of keysAt(root, ['users'])) {
    const key = foldUsername(name);
    const other = seen.get(key);
    if (other !== undefined)
      findings.push({
        path: ['users', name],
        message: `This is the same name as ${JSON.stringify(other)}: upper and lower case do not count.`,
        fix: 'Keep one of the two.',
      });
    seen.set(key, name);
  }
  const methods = keysAt(root, ['signIn']);
  if (seen.size > 0 && methods.length > 0 && !methods.includes('local'))
    findings.push({
      path: ['users'],
      message: 'These people cannot sign in, because the method local is not configured.',
      fix: 'Add local: {} to signIn, or remove users.',
    });
  return findings;
}

function checkTokens(root: unknown): readonly Finding[] {
  const tokens = parsed(configSchema.shape.tokens, root, ['tokens']);
  if (tokens === undefined) return [];
  const findings: Finding[] = [];
  if (tokens.refresh < tokens.access)
    findings.push({
      path: ['tokens', 'refresh'],
      message: 'A consent would end before its first access token.',
      fix: 'Write a duration that is at least as long as tokens.access.',
    });
  if (tokens.signingKey <= tokens.signingKeyNotice)
    findings.push({
      path: ['tokens', 'signingKey'],
      message: 'A signing key would give way before the next one has been published for long enough.',
      fix: 'Write a duration that is longer than tokens.signingKeyNotice.',
    });
  return findings;
}

/** A database login does not say which directory its password is for. */
function checkDirectPasswords(root: unknown): readonly Finding[] {
  const [first, ...others] = keysAt(root, ['signIn']).filter(
    (name) => valueAt(root, ['signIn', name, 'directPasswords']) === true,
  );
  return others.map((name) => ({
    path: ['signIn', name, 'directPasswords'],
    message: `The passwords of ${JSON.stringify(first)} are taken at the doors already.`,
    fix: 'Leave directPasswords in one method.',
  }));
}

/** Which authority vouched for a certificate is not told apart, so one mapping holds for all; pages need a method that asks. */
function checkCertificates(root: unknown): readonly Finding[] {
  const methods = keysAt(root, ['signIn']);
  const certificates = methods.filter((name) => valueAt(root, ['signIn', name, 'kind']) === 'certificate');
  const [first, second] = certificates;
  if (second !== undefined)
    return [
      {
        path: ['signIn', second],
        message: `${JSON.stringify(first)} is for certificates already, and a TLS handshake asks for one kind.`,
        fix: 'Put the authorities of both into one file, and keep one of the two.',
      },
    ];
  if (first !== undefined && methods.length === 1)
    return [
      {
        path: ['signIn', first],
        message: 'People could not sign in at the pages: a certificate counts at the doors of the databases.',
        fix: 'Add another method, for example local: {}.',
      },
    ];
  return [];
}

/** Provisioned people are those of a provider: local people are made here, and somebody must be able to prove the others. */
function checkProvisioning(root: unknown): readonly Finding[] {
  const methods = keysAt(root, ['signIn']);
  return keysAt(root, ['scim']).flatMap((name): readonly Finding[] => {
    const path = ['scim', name];
    if (name === 'local')
      return [
        {
          path,
          message: 'Local people are not provisioned.',
          fix: 'Name another sign-in method, or remove it.',
        },
      ];
    if (methods.includes(name)) return [];
    return [
      {
        path,
        message: 'There is no sign-in method of this name.',
        fix: 'Write the name of one under signIn, or remove it.',
      },
    ];
  });
}

/** `local`, `client` and `workload` are halves of identities already; another method under these names could speak for others. */
function checkMethods(root: unknown): readonly Finding[] {
  return keysAt(root, ['signIn']).flatMap((name): readonly Finding[] => {
    const path = ['signIn', name];
    const kind = valueAt(root, [...path, 'kind']);
    const finds = keysAt(root, path).filter((key) => key === 'userDn' || key === 'search');
    if (kind === 'ldap' && name !== 'local' && finds.length !== 1)
      return [
        {
          path,
          message: 'It does not say in one way how to find people.',
          fix: 'Write exactly one of userDn and search.',
        },
      ];
    if (kind === 'saml') {
      const given = keysAt(root, path);
      const wants = given.includes('signOutUrl')
        ? 'signOutUrl'
        : valueAt(root, [...path, 'encryptedAssertions']) === true && 'encryptedAssertions';
      if (wants !== false && !given.includes('keyPair'))
        return [
          {
            path: [...path, wants],
            message: 'This needs a key of ours.',
            fix: 'Add keyPair, with a certificate and its private key.',
          },
        ];
    }
    if (name === 'client' || name === workloadMethod)
      return [
        {
          path,
          message: 'This name is for programs that act for themselves.',
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
