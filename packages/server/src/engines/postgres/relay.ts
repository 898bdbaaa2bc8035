import type { Client, Relay, StatementObserver, Upstream } from '../engine.ts';
import { FrameScanner, MessageRelay } from '../relaying/index.ts';
import { PostgresClient } from './client.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { fatalError } from './messages.ts';
import { ServerMessages } from './server-messages.ts';
import { textEncoding } from './text-encoding.ts';
import { PostgresUpstream } from './upstream.ts';

/** Carries messages both ways until one side ends. */
export function relay(client: Client, upstream: Upstream, observer: StatementObserver): Relay {
  if (!(client instanceof PostgresClient) || !(upstream instanceof PostgresUpstream)) {
    throw new TypeError('a PostgreSQL relay needs a PostgreSQL client and upstream');
  }
  const { parameters } = upstream;
  const encoding = () => textEncoding(parameters.get('client_encoding'));
  const exchange = new Conversation(observer);
  const fromClient = new ClientMessages(exchange, observer, encoding());
  const fromServer = new ServerMessages(exchange, parameters, observer.wantsParameters, () => {
    fromClient.encoding = encoding();
  });
  return new MessageRelay({
    client: client.socket,
    upstream,
    fromClient,
    fromServer,
    clientScanner: new FrameScanner(frameLayout, fromClient),
    serverScanner: new FrameScanner(frameLayout, fromServer),
    exchange,
    lastWords: fatalError,
  }).start();
}
