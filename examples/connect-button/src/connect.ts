import { createGrantwayClient, type GrantwayClient } from '@grantway/client';
import { type ConnectEndpoints, createConnectEndpoints } from '@grantway/client/endpoints';
import { fileStorage } from '@grantway/client/store/file';
import { sorryPage } from './pages.ts';
import type { Settings } from './settings.ts';

/** What the rest of the application needs of its button. */
export interface Connect {
  readonly client: GrantwayClient;
  readonly endpoints: ConnectEndpoints;
  close(): void;
}

/** All that a Connect button takes: who we are at the gateway, where tokens are kept, and where people come back to. */
export function createConnect(settings: Settings): Connect {
  const storage = fileStorage(settings.tokensFile);
  const client = createGrantwayClient({
    issuer: settings.issuer,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    storage,
    keys: { current: 'first', keys: { first: settings.tokenKey } },
  });
  const endpoints = createConnectEndpoints({
    client,
    baseUrl: `${settings.baseUrl}/connect`,
    databases: Object.fromEntries(Object.values(settings.databases).map((database) => [database, {}])),
    afterwards: '/',
    problemPage: ({ status, sentence, again }) =>
      new Response(sorryPage({ heading: 'Not connected', sentence, again }), {
        status,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      }),
    onError: (error) => console.error(error),
  });
  return { client, endpoints, close: () => storage.close() };
}
