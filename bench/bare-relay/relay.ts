import { connect, createServer } from 'node:net';
import { fitRuntime } from '../../packages/cli/src/fit-runtime.ts';
import {
  intoOneBuffer,
  readIntoOneBuffer,
} from '../../packages/server/src/engines/framing/one-read-buffer.ts';
import { writeThisTurn } from '../../packages/server/src/engines/framing/turn-writes.ts';

fitRuntime();
const [port, host, serverPort] = process.argv.slice(2);

// Without backpressure: the loads that go through it are small questions with small answers.
createServer({ noDelay: true }, (accepted) => {
  const client = readIntoOneBuffer(accepted, 65_536);
  const server = connect({
    ...{ host: String(host), port: Number(serverPort), noDelay: true },
    onread: intoOneBuffer((bytes) => {
      writeThisTurn(client, bytes);
      return true;
    }),
  });
  client.on('data', (bytes: Buffer) => writeThisTurn(server, bytes));
  const end = () => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on('error', end).on('close', end);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
