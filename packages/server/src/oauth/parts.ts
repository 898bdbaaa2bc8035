import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import type { ClientCertificate, Clock, EngineName } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';
import type { FetchDocument } from './fetch-document.ts';
import type { OAuthPages } from './pages.ts';
import type { DirectPasswords } from './password-access.ts';
import type { ProviderWord } from './provider-word/index.ts';

/** What the authorization server is made of. */
export interface AuthorizationServerParts {
  /**
   * The configuration in force. Databases, roles and lifetimes are read at each use, so a reload takes effect at
   * once; the issuer and the switch for registration are read at the start.
   */
  readonly config: () => Config;
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly pages: OAuthPages;
  /** Absent: no password is taken at the doors. */
  readonly directPasswords?: DirectPasswords;
  /** How a document about a client is fetched; absent: from the public internet. */
  readonly fetchDocument?: FetchDocument;
  /** How providers are asked again; absent: none can be. */
  readonly providerWord?: ProviderWord;
  /** The port that a door really listens on, for a config that leaves it to the system. */
  readonly doorPort?: (engine: EngineName) => number | undefined;
  /** What a caller showed in its TLS handshake; absent: nobody is asked. */
  readonly certificateOf?: (request: IncomingMessage) => ClientCertificate | undefined;
}
