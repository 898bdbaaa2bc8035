import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../core/index.ts';
import type { PasswordMethod, SignInMethod } from '../identity/index.ts';
import { createProviderWord, type ProviderWord } from '../oauth/index.ts';
import type { GatewayBase } from './open-base.ts';
import { type CertificateSignIn, openClientCertificates } from './open-client-certificates.ts';
import { directPasswordMethod, openSignInMethods } from './open-sign-in-methods.ts';

/** How people and programs prove who they are. */
export interface SigningIn {
  readonly signInMethods: readonly SignInMethod[];
  /** The method whose passwords are taken at the doors. */
  readonly directPasswords: PasswordMethod | undefined;
  readonly providerWord: ProviderWord;
  /** Absent: no client is asked for a certificate. */
  readonly certificates: CertificateSignIn | undefined;
  /** What a caller of the HTTP door showed in its TLS handshake. */
  readonly certificateOf: (request: IncomingMessage) => ClientCertificate | undefined;
}

/** Opens the ways to sign in that the config names. No provider is asked for anything yet. */
export async function openSigningIn(base: GatewayBase, opened: AsyncDisposableStack): Promise<SigningIn> {
  const { inForce, clock, logger, log } = base;
  const { config } = inForce;
  const signInMethods = openSignInMethods(config, base);
  const certificates = await openClientCertificates(config, () => inForce.tls, log, clock);
  opened.defer(() => certificates?.trust.close());
  return {
    signInMethods,
    directPasswords: directPasswordMethod(config, signInMethods),
    providerWord: createProviderWord({ ...base, signInMethods, log: logger }),
    certificates,
    certificateOf: ({ socket }) =>
      socket instanceof TLSSocket ? certificates?.door.read(socket) : undefined,
  };
}
