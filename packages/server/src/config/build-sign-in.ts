import type { SignInConfig } from './config.ts';
import type { References } from './references.ts';
import type { SignInEntry } from './sign-in-schema.ts';

/** One way to sign in, as the file names it. */
export function buildSignIn(name: string, entry: SignInEntry, from: References): SignInConfig {
  switch (entry.kind) {
    case 'oidc':
      return buildOidc(name, entry, from);
    case 'saml':
      return buildSaml(name, entry, from);
    case 'ldap':
      return buildLdap(name, entry, from);
    case 'certificate': {
      const { authorities, crl, subject, nameField, groupsField, claims } = entry;
      return {
        kind: 'certificate',
        name,
        authorities: from.path(authorities),
        ...(crl === undefined ? {} : { crl: from.path(crl) }),
        subject,
        displayName: nameField,
        ...(groupsField === undefined ? {} : { groups: groupsField }),
        claims,
      };
    }
    default:
      return { kind: 'local', name };
  }
}

function buildOidc(
  name: string,
  entry: Extract<SignInEntry, { kind: 'oidc' }>,
  from: References,
): SignInConfig {
  const { label, issuer, clientId, clientSecret, scopes, groupsClaim, nameClaim, claims, signInEvery } =
    entry;
  const { directTokens } = entry;
  return {
    kind: 'oidc',
    name,
    label: label ?? name,
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret: from.secret(clientSecret) }),
    ...(scopes === undefined ? {} : { scopes }),
    claims: {
      groups: groupsClaim,
      ...(nameClaim === undefined ? {} : { displayName: nameClaim }),
      others: claims,
    },
    ...(directTokens === false
      ? {}
      : { directAudiences: directTokens === true ? [clientId] : directTokens.audiences }),
    ...(entry.secondFactor === undefined
      ? {}
      : { secondFactor: { methods: entry.secondFactor.amr, contexts: entry.secondFactor.acr } }),
    signInEveryMs: signInEvery,
    rereadEveryMs: entry.rereadEvery,
  };
}

function buildSaml(
  name: string,
  entry: Extract<SignInEntry, { kind: 'saml' }>,
  from: References,
): SignInConfig {
  const {
    label,
    certificates,
    keyPair,
    subject,
    signOutUrl,
    nameAttribute,
    secondFactor,
    signInEvery,
    ...rest
  } = entry;
  return {
    ...rest,
    name,
    label: label ?? name,
    ...(signOutUrl === undefined ? {} : { signOutUrl }),
    certificates: certificates.map(from.path),
    ...(keyPair === undefined
      ? {}
      : {
          keyPair: {
            certificate: from.path(keyPair.certificate),
            privateKey: from.secret(keyPair.privateKey),
          },
        }),
    subject: subject === 'nameId' ? { from: 'nameId' } : { from: 'attribute', name: subject.attribute },
    ...(nameAttribute === undefined ? {} : { nameAttribute }),
    ...(secondFactor === undefined ? {} : { secondFactor: { methods: [], contexts: secondFactor.contexts } }),
    signInEveryMs: signInEvery,
  };
}

/** The checks have seen that there is exactly one way to find people. */
function buildLdap(
  name: string,
  entry: Extract<SignInEntry, { kind: 'ldap' }>,
  from: References,
): SignInConfig {
  const { label, url, tlsCa, userDn, search, groups, idAttribute, nameAttribute, claims, signInEvery } =
    entry;
  return {
    kind: 'ldap',
    name,
    label: label ?? name,
    url,
    ...(tlsCa === undefined ? {} : { tlsCa: from.path(tlsCa) }),
    find:
      search === undefined
        ? { by: 'dn', template: userDn ?? '' }
        : { by: 'search', ...search, password: from.secret(search.password) },
    ...(groups === undefined
      ? {}
      : {
          groups: {
            base: groups.base,
            ...(groups.filter === undefined ? {} : { filter: groups.filter }),
            nested: groups.nested,
          },
        }),
    idAttribute,
    nameAttribute,
    claims,
    signInEveryMs: signInEvery,
    directPasswords: entry.directPasswords,
  };
}
