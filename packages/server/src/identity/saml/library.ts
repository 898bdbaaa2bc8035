import { readFile } from 'node:fs/promises';
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { SamlConfig } from '../../config/index.ts';
import { noWish, type Secret, type SignInWish } from '../../core/index.ts';
import { skewMs } from './assertion.ts';

/** Our own addresses for one provider. */
export interface OwnAddresses {
  /** What we call ourselves; our metadata are there. */
  readonly entityId: string;
  /** Where assertions come to. */
  readonly callback: string;
  /** Where messages about signing out come to. */
  readonly signOut: string;
}

/** How a SAML provider is talked to. */
export interface LibraryOptions {
  readonly config: SamlConfig;
  readonly own: OwnAddresses;
  /** Reads the private key; undefined where none is configured. */
  readonly privateKey: () => Promise<Secret | undefined>;
}

/** What the library is told for one message. */
export interface MessageOptions {
  /** The id that our message gets. */
  readonly id?: string;
  /** What is asked of the provider beside an answer. */
  readonly wish?: SignInWish;
  /** True when the answer has a signature of its own: then it must hold, too. */
  readonly answerSigned?: boolean;
}

/** What the provider signs with, PEM; read for each message, so that a new one is taken up without a restart. */
export async function certificatesOf({ certificates }: SamlConfig): Promise<string[]> {
  return await Promise.all(certificates.map((file) => readFile(file, 'utf8')));
}

/** The library as it is needed for one message. */
export async function samlLibrary(
  { config, own, privateKey }: LibraryOptions,
  { id, wish = noWish, answerSigned = false }: MessageOptions = {},
): Promise<SAML> {
  const contexts = wish.factor ? (config.secondFactor?.contexts ?? []) : [];
  const key = (await privateKey())?.reveal();
  return new SAML({
    issuer: own.entityId,
    audience: own.entityId,
    callbackUrl: own.callback,
    entryPoint: config.signInUrl,
    logoutUrl: config.signOutUrl ?? config.signInUrl,
    idpIssuer: config.entityId,
    idpCert: await certificatesOf(config),
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: answerSigned,
    // The request that is answered is in the browser's sealed cookie, which no other browser has.
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: skewMs,
    identifierFormat:
      config.subject.from === 'nameId' ? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' : null,
    // Core, section 3.3.2.2.1: one of these, or no answer.
    disableRequestedAuthnContext: contexts.length === 0,
    authnContext: [...contexts],
    racComparison: 'exact',
    forceAuthn: wish.anew || wish.withinMs !== undefined,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    ...(id !== undefined && { generateUniqueId: () => id }),
    ...(key !== undefined && { privateKey: key }),
    ...(key !== undefined && config.encryptedAssertions && { decryptionPvk: key }),
  });
}
