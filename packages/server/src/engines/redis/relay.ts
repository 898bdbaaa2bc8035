import { Refusal } from '../../core/index.ts';
import type { Client, Relay, StatementObserver, Upstream } from '../engine.ts';
import { MessageRelay } from '../relaying/index.ts';
import { RedisClient } from './client.ts';
import { ClientCommands } from './client-commands.ts';
import { keepSignedIn } from './cloud/index.ts';
import { CommandScanner } from './command-scanner.ts';
import { Conversation } from './conversation.ts';
import { refusalReply } from './messages.ts';
import { OwnCommands } from './own-commands.ts';
import { sessionLimits } from './protocol.ts';
import { ReplyScanner } from './reply-scanner.ts';
import { ServerReplies } from './server-replies.ts';
import { RedisUpstream } from './upstream.ts';

/** How long a client may take to read why its session ends. */
const partingMs = 1_500;

/** Carries commands and replies until one side ends. */
export function relay(client: Client, upstream: Upstream, observer: StatementObserver): Relay {
  if (!(client instanceof RedisClient) || !(upstream instanceof RedisUpstream)) {
    throw new TypeError('a Redis relay needs a Redis client and upstream');
  }
  const exchange = new Conversation(observer, client.protocol, () => {
    // A server that was a primary and is none any more: with a replica from the start, reading goes on. The client gets
    // the answer first.
    if (upstream.wasPrimary) queueMicrotask(() => upstream.demoted());
  });
  const own = new OwnCommands(upstream, exchange, observer.reauthenticate);
  const fromClient = new ClientCommands({
    conversation: exchange,
    observer,
    own,
    database: upstream.database,
    allowed: upstream.allowedCommands,
  });
  const fromServer = new ServerReplies(exchange);
  const clientScanner = new CommandScanner(fromClient, sessionLimits);
  const running = new MessageRelay({
    client: client.socket,
    upstream,
    fromClient,
    fromServer,
    clientScanner,
    serverScanner: new ReplyScanner(fromServer),
    exchange,
    lastWords: refusalReply,
  }).start();
  const stop = (refusal: Refusal) => void running.stop(refusal, partingMs);
  upstream.onDemotion(() => stop(new Refusal('primary_changed')));
  void running.ended.then(() => upstream.onDemotion(undefined));
  keepSignedIn({ upstream, conversation: exchange, scanner: clientScanner, ended: running.ended, stop });
  return running;
}
