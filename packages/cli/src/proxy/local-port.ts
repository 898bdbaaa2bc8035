import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HopProtocol, HopTarget } from './hop.ts';
import { loopbackPeer } from './loopback-peer.ts';
import { mysqlHop } from './mysql-hop.ts';
import { postgresHop } from './postgres-hop.ts';
import { Left } from './read-bytes.ts';
import { redisHop } from './redis-hop.ts';

const protocols: ReadonlyMap<string, HopProtocol> = new Map([
  ['postgres', postgresHop],
  ['redshift', postgresHop],
  ['mysql', mysqlHop],
  ['redis', redisHop],
]);

/** An open port. */
export interface LocalPort {
  readonly port: number;
  /** What a client of the database is given. */
  address(database: string): string;
  /** Ends the port and every connection over it. */
  close(): Promise<void>;
}

/**
 * Opens a port on 127.0.0.1 for one database. `target` gives a door and a token that is good now, for each connection
 * anew; `told` hears of what went wrong.
 * @throws Error with a sentence for the person: the port is taken, or nothing is known of the engine
 */
export async function openLocalPort(
  engine: string,
  port: number,
  target: () => Promise<HopTarget>,
  told: (sentence: string) => void,
): Promise<LocalPort> {
  const protocol = protocolOf(engine);
  const open = new Set<Duplex>();
  const keep = (stream: Duplex) => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
  };

  async function serve(client: Socket): Promise<void> {
    if ((await loopbackPeer(client)) === 'another_user') {
      told('Refused a connection of another user of this machine.');
      client.destroy();
      return;
    }
    try {
      const door = await protocol.signIn({ client, target });
      keep(door);
      join(client, door);
    } catch (thrown) {
      refuse(client, thrown);
    }
  }

  function refuse(client: Socket, thrown: unknown): void {
    if (!(thrown instanceof Left && thrown.stream === client)) {
      const sentence = sentenceOf(thrown);
      told(sentence);
      client.write(protocol.refusal(oneSentence(sentence)));
    }
    client.end();
    // What the program still sends has to be read, or its own end is never noticed and the connection stays.
    client.resume();
  }

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => {
    keep(client);
    // A reset ends this connection and nothing else.
    client.on('error', () => client.destroy());
    serve(client).catch((thrown) => {
      told(sentenceOf(thrown));
      client.destroy();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(
      cause.code === 'EADDRINUSE' ? `The port ${port} is taken: choose another with --port.` : cause.message,
      { cause },
    );
  });
  const bound = server.address();
  const opened = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    port: opened,
    address: (database) => protocol.address(opened, database),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const stream of open) stream.destroy();
      await closed;
    },
  };
}

function protocolOf(engine: string): HopProtocol {
  const protocol = protocols.get(engine);
  if (protocol === undefined) throw new Error(`This version has no local port for ${engine}.`);
  return protocol;
}

/** Bytes in both directions; when one side is over, so is the other. */
function join(client: Socket, door: Duplex): void {
  door.on('error', () => client.destroy());
  door.once('close', () => client.destroySoon());
  client.once('close', () => door.destroy());
  client.pipe(door);
  door.pipe(client);
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof Left) return 'The gateway ended the connection in the middle of the sign-in.';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function oneSentence(text: string): string {
  return text.replaceAll(/[\r\n\0]+/g, ' ');
}
