/**
 * A process of its own: answers the start-up packet as a PostgreSQL server with `trust` does, and then says nothing
 * more. For the memory of a proxy with many idle clients, where real backends would not fit on the machine.
 */
import { createServer } from 'node:net';

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const parameters = {
  server_version: '18.0',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
};

const welcome = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  ...Object.entries(parameters).map(([name, value]) => message('S', Buffer.from(`${name}\0${value}\0`))),
  message('K', Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])),
  message('Z', Buffer.from('I')),
]);

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.write(welcome));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`listening on ${address?.port}`);
});
