import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { dialDoor, secureDoor } from './door-connection.ts';
import type { Hop, HopProtocol, HopTarget } from './hop.ts';
import { readBytes } from './read-bytes.ts';

const code = { ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 } as const;
const mostStartupBytes = 10_000;

/** PostgreSQL and Redshift: the token goes with the startup message (PostgreSQL documentation, 54.7 "StartupMessage"). */
export const postgresHop: HopProtocol = {
  async signIn({ client, target: targetNow }: Hop): Promise<Duplex> {
    for (;;) {
      const head = await readBytes(client, 8);
      const [length, kind] = [head.readInt32BE(0), head.readInt32BE(4)];
      if (length < 8 || length > mostStartupBytes) throw new Error('This port speaks PostgreSQL.');
      const rest = await readBytes(client, length - 8);
      if (kind === code.ssl || kind === code.gss) {
        // The way from the program to here does not leave the machine.
        client.write('N');
        continue;
      }
      const target = await targetNow();
      const door = await secured(client, target);
      door.write(kind === code.cancel ? Buffer.concat([head, rest]) : startup(kind, rest, target));
      return door;
    }
  },

  address: (port, database) => `postgresql://127.0.0.1:${port}/${database}`,

  refusal(sentence) {
    const fields = `SFATAL\0VFATAL\0C08001\0M${sentence}\0\0`;
    const message = Buffer.alloc(5 + Buffer.byteLength(fields));
    message.write('E', 0, 'latin1');
    message.writeInt32BE(message.length - 1, 1);
    message.write(fields, 5);
    return message;
  },
};

async function secured(client: Socket, target: HopTarget): Promise<Duplex> {
  const door = await dialDoor(client, target);
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(code.ssl, 4);
  door.write(request);
  const answer = await readBytes(door, 1);
  if (answer.toString('latin1') !== 'S')
    throw new Error('The gateway offers no encryption, so no token is sent to it.');
  return secureDoor(door, target);
}

/** The program's own settings, as the role and on the database of the token. */
function startup(version: number, given: Buffer, { connection, accessToken }: HopTarget): Buffer {
  const texts = given.toString('utf8').split('\0');
  const parameters = new Map<string, string>();
  for (let index = 0; texts[index] !== undefined && texts[index] !== ''; index += 2)
    parameters.set(texts[index] ?? '', texts[index + 1] ?? '');
  parameters.set('user', connection.username);
  parameters.set('database', connection.database);
  parameters.set('authToken', accessToken);
  const body = Buffer.from(`${[...parameters].map(([name, value]) => `${name}\0${value}\0`).join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(version, 4);
  return Buffer.concat([head, body]);
}
