import { command, type RawRedis } from '../../support/raw-redis.ts';
import { type SessionParts, TalkingSession } from '../talking-session.ts';
import { SessionEnded } from '../violation.ts';
import type { Exchange } from './exchange.ts';

/** What a session is made of. */
export interface RedisSessionParts extends SessionParts {
  readonly client: RawRedis;
  readonly protocol: 2 | 3;
  /** The token that it signed in with, and another one of the same person. */
  readonly tokens: readonly [string, string];
  /** A token of somebody else. */
  readonly strangersToken: string;
}

/** How the gateway says that it has lost the server's side. */
export const lastWords = /The database closed the connection/;

/** A signed-in client, with what it must remember to know the right answers. */
export class RedisSession extends TalkingSession<Exchange, readonly string[], RedisSessionParts> {
  /** The version that is spoken once everything that was asked so far is answered. */
  protocol: 2 | 3;
  /** How often it has counted. */
  counted = 0;
  /** The name that it gave itself. */
  marker = '';
  /** Sign-ins in a row that were refused. */
  wrongTries = 0;

  constructor(parts: RedisSessionParts) {
    super(parts);
    this.protocol = parts.protocol;
  }

  get client(): RawRedis {
    return this.parts.client;
  }

  say(exchanges: readonly Exchange[]): void {
    this.client.write(exchanges.map(({ args }) => command(...args)).join(''));
  }

  close(): void {
    this.client.destroy();
  }

  protected async answerTo({ replies }: Exchange): Promise<readonly string[]> {
    const given: string[] = [];
    while (given.length < replies) {
      const reply = await this.client.read();
      if (reply === 'ended' || lastWords.test(reply)) throw new SessionEnded('', reply);
      given.push(reply);
    }
    return given;
  }
}
