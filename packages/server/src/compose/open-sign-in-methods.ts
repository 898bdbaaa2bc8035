import type { Config, SignInConfig } from '../config/index.ts';
import { type Clock, Secret } from '../core/index.ts';
import { callbackUri, metadataUri, signOutUri } from '../http/index.ts';
import {
  ldapMethod,
  localMethod,
  oidcMethod,
  type PasswordMethod,
  type SignInMethod,
  samlMethod,
} from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import type { SecretSource } from '../vault/index.ts';

interface Parts {
  readonly store: Pick<Store, 'people' | 'attempts' | 'artifacts'>;
  readonly secrets: SecretSource;
  readonly clock: Clock;
}

/** The ways to sign in that the config names, in its order. A provider is asked for nothing yet. */
export function openSignInMethods(config: Config, parts: Parts): readonly SignInMethod[] {
  return config.signIn.flatMap((method) =>
    // A certificate counts in the handshake of a door; there is nothing to ask for at a page.
    method.kind === 'certificate' ? [] : [openMethod(method, config, parts)],
  );
}

function openMethod(
  config: Exclude<SignInConfig, { kind: 'certificate' }>,
  { issuer, users }: Config,
  { store, secrets, clock }: Parts,
): SignInMethod {
  const { name } = config;
  switch (config.kind) {
    case 'local':
      return localMethod({
        name,
        people: store.people,
        attempts: store.attempts,
        clock,
        importedHashes: users.map(({ passwordHash }) => passwordHash),
      });
    case 'oidc': {
      const { clientSecret } = config;
      const secret = async () =>
        clientSecret === undefined ? undefined : await secrets.resolve(clientSecret);
      return oidcMethod({ config, secret, redirectUri: callbackUri(issuer, name), clock });
    }
    case 'saml': {
      const { keyPair } = config;
      const privateKey = async () =>
        keyPair === undefined ? undefined : await secrets.resolve(keyPair.privateKey);
      const own = {
        entityId: metadataUri(issuer, name),
        callback: callbackUri(issuer, name),
        signOut: signOutUri(issuer, name),
      };
      return samlMethod({ config, own, privateKey, store, clock });
    }
    case 'ldap': {
      const { find } = config;
      const searchPassword = async () =>
        find.by === 'search' ? await secrets.resolve(find.password) : new Secret('');
      return ldapMethod({ config, searchPassword, attempts: store.attempts, clock });
    }
  }
}

/** The method whose passwords the config takes at the doors; there is one at most. */
export function directPasswordMethod(
  { signIn }: Config,
  methods: readonly SignInMethod[],
): PasswordMethod | undefined {
  const taking = signIn.find((method) => method.kind === 'ldap' && method.directPasswords);
  return methods.find(
    (method): method is PasswordMethod => method.kind === 'password' && method.name === taking?.name,
  );
}

/** How often people are asked about again, by the name of each method whose provider can be asked. */
export function rereadEveryMs(methods: readonly SignInMethod[]): ReadonlyMap<string, number> {
  return new Map(
    methods.flatMap((method) =>
      method.kind === 'redirect' && method.afterwards !== undefined
        ? [[method.name, method.afterwards.rereadEveryMs] as const]
        : [],
    ),
  );
}
