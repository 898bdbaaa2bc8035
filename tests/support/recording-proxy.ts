import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';

/** One request that came through, and all of its answer. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the answer, as they came: name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** A reverse proxy that keeps what it carries. */
export interface RecordingProxy {
  readonly exchanges: readonly Exchange[];
  stop(): Promise<void>;
}

/** Starts it on `listenPort` in front of a server on this machine. Answers are asked for uncompressed. */
export async function startRecordingProxy(listenPort: number, targetPort: number): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const { 'accept-encoding': _, ...wanted } = headers;
    const onward = request(
      { host: '127.0.0.1', port: targetPort, method, path: url, headers: wanted },
      async (answer) => {
        const body = await readAll(answer);
        const status = answer.statusCode ?? 0;
        const [path = ''] = url.split('?');
        exchanges.push({ method, path, status, headers: answer.rawHeaders, body });
        outgoing.writeHead(status, answer.rawHeaders).end(body);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(listenPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    exchanges,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
