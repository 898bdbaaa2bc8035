import type { GrantwayError } from '../errors.ts';
import type { GrantwayClient, Holder } from '../keeper/index.ts';

interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

interface Listener {
  readonly onNext: (credentials: Credentials) => void;
  readonly onError: (error: Error) => void;
}

/** The `credentialsProvider` of node-redis of the streaming kind. */
export interface NodeRedisCredentials {
  readonly type: 'streaming-credentials-provider';
  subscribe(listener: Listener): Promise<[Credentials, { dispose(): void }]>;
  onReAuthenticationError(error: Error): void;
}

/**
 * Fresh credentials for node-redis: it signs in again on the open connection whenever there is a new token, and with the
 * token of the moment when it reconnects. `onError` hears of a sign-in that failed and of the end of the consent.
 */
export function nodeRedisCredentials(
  client: Pick<GrantwayClient, 'follow'>,
  holder: Holder,
  onError: (error: Error) => void,
): NodeRedisCredentials {
  return {
    type: 'streaming-credentials-provider',
    subscribe: async (listener) => {
      const live = await client.follow(holder, {
        onToken: (password) => listener.onNext({ password }),
        onEnd: (reason: GrantwayError) => listener.onError(reason),
      });
      return [{ password: live.current }, { dispose: live.stop }];
    },
    onReAuthenticationError: onError,
  };
}
