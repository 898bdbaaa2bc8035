import type { Duplex } from 'node:stream';
import { Command, Redis, ReplyError } from 'ioredis';
import { Refusal, type Secret } from '../../core/index.ts';
import type { CommandDriver, CommandRequest } from '../query-driver.ts';
import { connectorOver } from './driver-socket.ts';
import { replyTable } from './query-values.ts';

/** The most bytes of a reply. It is held as a whole, because only its end tells that it is no error. */
const mostReplyBytes = 32 * 1024 * 1024;

/** The first byte of a reply that is a map (RESP3). The driver hands maps over as lists, which keeps every key as it is. */
const mapMark = '%'.charCodeAt(0);

/** What has no single reply, none at all, or would end or change the session that carries it. */
const conversations = /^([ps]?(un)?subscribe|monitor|sync|psync|quit|reset|hello|auth|client reply)( |$)/i;

/**
 * Redis and Valkey over ioredis, in RESP3. The user name is the demanded role, which is a hint; the door enforces the
 * demand. One command is one session, so that what it leaves behind (MULTI, WATCH, SELECT) is gone with it.
 */
export const redisQueryDriver: CommandDriver = {
  takes: 'command',

  async run(stream, token, query) {
    const refused = conversations.exec(query.command.slice(0, 2).join(' '));
    if (refused !== null) {
      stream.destroy();
      throw new Refusal('feature_not_offered', { what: `${refused[1]?.toUpperCase()} over HTTP` });
    }
    const client = await signIn(stream, token, query);
    const { reply, isMap } = await ask(stream, client, query);
    const { columns, rows } = replyTable(reply, isMap);
    return {
      columns,
      rows: inTurn(rows),
      rowsAffected: () => undefined,
      close: async () => client.disconnect(),
    };
  },
};

async function signIn(stream: Duplex, token: Secret, query: CommandRequest): Promise<Redis> {
  const client = new Redis({
    Connector: connectorOver(stream),
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    disableClientInfo: true,
    // The driver's own handshake is empty this way, and the one below says who is asking.
    protocol: 2,
    stringNumbers: true,
  });
  // Without a listener the end of the session would be an uncaught exception; the command hears of it by itself.
  client.on('error', () => {});
  try {
    await client.connect();
    const user = query.role ?? 'grantway';
    await client.callBuffer('HELLO', '3', 'AUTH', user, token.reveal(), 'SETNAME', 'grantway-http');
    return client;
  } catch (thrown) {
    client.disconnect();
    throw signInRefusal(thrown);
  }
}

interface Answer {
  readonly reply: unknown;
  readonly isMap: boolean;
}

async function ask(
  stream: Duplex,
  client: Redis,
  { command: [name, ...words] }: CommandRequest,
): Promise<Answer> {
  let mark: number | undefined;
  let bytes = 0;
  const look = (chunk: Buffer) => {
    mark ??= chunk[0];
    bytes += chunk.length;
    if (bytes > mostReplyBytes) stream.destroy();
  };
  // Nothing else is on its way: what comes next is the reply.
  stream.on('data', look);
  try {
    // In capitals: for names in small letters the driver has transformations that lose keys.
    const command = new Command(name.toUpperCase(), words, { replyEncoding: null });
    const reply: unknown = await client.sendCommand(command);
    return { reply, isMap: mark === mapMark };
  } catch (thrown) {
    client.disconnect();
    if (bytes <= mostReplyBytes) throw commandRefusal(thrown);
    throw new Refusal('request_invalid', {
      what: `The reply is larger than ${mostReplyBytes} bytes. Ask for less at a time, or use a Redis client.`,
    });
  } finally {
    stream.off('data', look);
  }
}

async function* inTurn<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}

/** The command's own error goes to the caller as the server worded it; anything else is a lost session. */
function commandRefusal(thrown: unknown): Refusal {
  const message = replyErrorMessage(thrown);
  return message === undefined
    ? new Refusal('upstream_lost', {}, thrown)
    : new Refusal('command_failed', { message }, thrown);
}

/** Why the session did not begin, as far as the wire tells it; the door's own refusal is more exact where it is known. */
function signInRefusal(thrown: unknown): Refusal {
  const message = replyErrorMessage(thrown);
  if (message === undefined) return new Refusal('upstream_lost', {}, thrown);
  if (message.startsWith('WRONGPASS')) return new Refusal('token_invalid', {}, thrown);
  if (message.startsWith('ERR max number of clients')) return new Refusal('too_many_connections', {}, thrown);
  return new Refusal('forbidden', { what: message }, thrown);
}

function replyErrorMessage(thrown: unknown): string | undefined {
  return thrown instanceof Error && thrown instanceof ReplyError ? thrown.message : undefined;
}
