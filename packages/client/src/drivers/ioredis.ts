import type { GrantwayClient, Holder, LiveToken } from '../keeper/index.ts';

/** What is needed of an ioredis client. */
export interface IoredisClient {
  readonly options: { username?: string | undefined; password?: string | undefined };
  readonly status: string;
  auth(password: string): Promise<unknown>;
  disconnect(): void;
}

/**
 * Keeps the password of an ioredis client fresh: for every connection that it opens from now on, and for the one that is
 * open by `AUTH`. Make the client with `lazyConnect: true`, call this, then connect. When the consent ends the client is
 * disconnected. `stop` the result when you are done with the client.
 * @throws GrantwayError `needs_reconnect`
 */
export async function followWithIoredis(
  client: Pick<GrantwayClient, 'follow'>,
  holder: Holder,
  redis: IoredisClient,
): Promise<LiveToken> {
  const live = await client.follow(holder, {
    onToken: (token) => {
      redis.options.password = token;
      // A connection that is gone meanwhile takes the new password when it comes back.
      if (redis.status === 'ready') redis.auth(token).catch(() => undefined);
    },
    onEnd: () => redis.disconnect(),
  });
  redis.options.password = live.current;
  return live;
}
