import type { Client, Relay, StatementObserver, Upstream } from '../engine.ts';
import { FrameScanner, MessageRelay } from '../relaying/index.ts';
import { MysqlClient } from './client.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { packet, refusalReply } from './packets.ts';
import { ServerMessages } from './server-messages.ts';
import { MysqlUpstream } from './upstream.ts';

/** Carries packets both ways until one side ends. */
export function relay(client: Client, upstream: Upstream, observer: StatementObserver): Relay {
  if (!(client instanceof MysqlClient) || !(upstream instanceof MysqlUpstream)) {
    throw new TypeError('a MySQL relay needs a MySQL client and upstream');
  }
  const exchange = new Conversation(observer, upstream.loginStatus);
  const fromClient = new ClientMessages(exchange, observer, upstream.reading);
  const fromServer = new ServerMessages(exchange, upstream.capabilities, (id) => fromClient.prepared(id));
  /** An error belongs to the answer that the client waits for; without a question it has the number of a new one. */
  const nextSequence = () =>
    fromServer.awaitedSequence ?? (fromClient.awaitsAnswer ? fromClient.answerSequence : 0);
  return new MessageRelay({
    client: client.socket,
    upstream,
    fromClient,
    fromServer,
    clientScanner: new FrameScanner(frameLayout, fromClient),
    serverScanner: new FrameScanner(frameLayout, fromServer),
    exchange,
    lastWords: (refusal) => packet(nextSequence(), refusalReply(refusal)),
  }).start();
}
