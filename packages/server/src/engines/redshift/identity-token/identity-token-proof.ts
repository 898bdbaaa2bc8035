import type { IdentityTokenAccess } from '../../../core/index.ts';
import { type LoginProof, message } from '../../postgres/for-variations.ts';
import { fromRedshiftClient, redshiftAuthentication } from '../protocol.ts';

/**
 * The token in answer to authentication 14, and nothing in answer to anything else: a server that asks for a password
 * must not get what would let it be the person elsewhere.
 *
 * The startup parameters are those of Amazon's drivers: with `BasicJwtCredentialsProvider` for Azure AD and Okta, with
 * `IdpTokenAuthPlugin` for IAM Identity Center, which is told that the token is somebody else's JWT.
 */
export function identityTokenProof({ idpType, providerName, namespace }: IdentityTokenAccess): LoginProof {
  const plugin = idpType === 'AwsIdc' ? 'IdpTokenAuthPlugin' : 'BasicJwtCredentialsProvider';
  const startup: [string, string | undefined][] = [
    ['plugin_name', `com.amazon.redshift.plugin.${plugin}`],
    ['idp_type', idpType],
    ['token_type', idpType === 'AwsIdc' ? 'EXT_JWT' : undefined],
    ['provider_name', providerName],
    ['identity_namespace', namespace],
  ];
  return {
    startup: startup.filter((pair): pair is [string, string] => pair[1] !== undefined),
    methods: new Map([
      [
        redshiftAuthentication.idpToken,
        // As the Python driver sends it, without the NUL byte that the JDBC driver adds.
        (_, token) => ({
          outcome: 'message',
          bytes: message(fromRedshiftClient.idpToken, Buffer.from(token.reveal())),
        }),
      ],
    ]),
    scram: false,
    unasked: false,
  };
}
