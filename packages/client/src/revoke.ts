import * as oauth from 'oauth4webapi';
import { answered, type Gateway, processed } from './gateway.ts';

/** Ends a token (RFC 7009). For a refresh token that is the whole consent, live database sessions too. */
export async function revoke(gateway: Gateway, token: string): Promise<void> {
  const response = await answered(
    oauth.revocationRequest(gateway.metadata, gateway.client, gateway.clientAuth, token, gateway.request),
  );
  await processed(oauth.processRevocationResponse(response));
}
