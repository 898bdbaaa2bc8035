import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A load balancer that keeps nobody at one place: each request over HTTP goes to the next of its targets. */
export interface RoundRobin {
  readonly port: number;
  /** How many requests each target answered, in their order. */
  readonly answered: readonly number[];
  stop(): Promise<void>;
}

/** Starts it in front of loopback ports. One that nobody listens on is passed over. */
export async function startRoundRobin(targets: readonly number[]): Promise<RoundRobin> {
  const answered = targets.map(() => 0);
  let turn = 0;
  const server: Server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => forward(targets.length));

    function forward(left: number): void {
      if (left === 0) return void answer.writeHead(503).end();
      const chosen = turn++ % targets.length;
      const { method, url, headers } = incoming;
      const onward = request({
        host: '127.0.0.1',
        port: targets[chosen],
        method,
        path: url,
        headers,
        agent: false,
      });
      onward.once('error', () => forward(left - 1));
      onward.once('response', (response) => {
        answered[chosen] = (answered[chosen] ?? 0) + 1;
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(answer);
      });
      onward.end(Buffer.concat(chunks));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    answered,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
