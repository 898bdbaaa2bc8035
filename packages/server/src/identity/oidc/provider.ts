import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import type { OidcConfig } from '../../config/index.ts';
import type { Clock, Secret } from '../../core/index.ts';

/** The most that one request to a provider may take, in seconds. */
const timeoutSeconds = 5;
/** Metadata is read again after this; what was read before serves on while the provider is down. */
const freshMs = 60 * 60_000;
/** After a failure nobody asks again for this long, however many people press the button. */
const coolDownMs = 5_000;

/** How a provider is reached. */
export interface ProviderOptions {
  readonly config: OidcConfig;
  /** Reads the client's secret; asked at each reading of the metadata, so that a new one is taken up. */
  readonly secret: () => Promise<Secret | undefined>;
  readonly clock: Clock;
}

/** An OpenID provider's metadata and keys, read when first needed. */
export interface Provider {
  /** @throws Error when it was never read and cannot be read now */
  metadata(): Promise<Configuration>;
}

/**
 * Reads what the provider says of itself. The library compares its `issuer` with ours (OpenID Connect Discovery,
 * section 4.3), and checks the signature of each ID token although it came over TLS.
 */
export function openIdProvider({ config, secret, clock }: ProviderOptions): Provider {
  let known: { readonly configuration: Configuration; readonly until: number } | undefined;
  let failed: { readonly cause: unknown; readonly until: number } | undefined;
  let reading: Promise<Configuration> | undefined;

  async function read(): Promise<Configuration> {
    const issuer = new URL(config.issuer);
    const configuration = await discovery(
      issuer,
      config.clientId,
      undefined,
      authentication(await secret()),
      {
        timeout: timeoutSeconds,
        // The config allows http on loopback only.
        execute: [
          enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : []),
        ],
      },
    );
    known = { configuration, until: clock.now() + freshMs };
    failed = undefined;
    return configuration;
  }

  return {
    async metadata() {
      const now = clock.now();
      if (known !== undefined && now < known.until) return known.configuration;
      if (failed !== undefined && now < failed.until) {
        if (known !== undefined) return known.configuration;
        throw failed.cause;
      }
      reading ??= read().finally(() => {
        reading = undefined;
      });
      try {
        return await reading;
      } catch (cause) {
        failed = { cause, until: clock.now() + coolDownMs };
        if (known !== undefined) return known.configuration;
        throw cause;
      }
    },
  };
}

/** What form encoding leaves as it is. */
const plain = /^[A-Za-z0-9]*$/;

/**
 * How the client proves itself at the token endpoint: as the provider's metadata wishes, Basic where both will do. Basic
 * wants id and secret form-encoded first (RFC 6749, section 2.3.1), which several providers do not undo; where that
 * would change something, the secret goes into the body, about which everybody agrees.
 */
function authentication(secret: Secret | undefined): ClientAuth {
  if (secret === undefined) return None();
  return (server, client, body, headers) => {
    const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isPlain = plain.test(client.client_id) && plain.test(secret.reveal());
    const takesBasic = offered.includes('client_secret_basic');
    const usesBasic = takesBasic && (isPlain || !offered.includes('client_secret_post'));
    const method = usesBasic ? ClientSecretBasic : ClientSecretPost;
    method(secret.reveal())(server, client, body, headers);
  };
}
