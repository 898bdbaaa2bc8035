import type { Duplex } from 'node:stream';
import { dialDoor, secureDoor } from './door-connection.ts';
import type { Hop, HopProtocol } from './hop.ts';
import { readBytes } from './read-bytes.ts';

const mostAnswerBytes = 1_000;

/** Redis and Valkey: AUTH goes first, and its answer is kept from the program, which did not ask. */
export const redisHop: HopProtocol = {
  async signIn({ client, target: targetNow }: Hop): Promise<Duplex> {
    const target = await targetNow();
    const door = await secureDoor(await dialDoor(client, target), target);
    const words = ['AUTH', target.connection.username, target.accessToken];
    door.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    let answer = '';
    while (!answer.endsWith('\r\n') && answer.length < mostAnswerBytes)
      answer += (await readBytes(door, 1)).toString('latin1');
    if (answer === '+OK\r\n') return door;
    throw new Error(answer.trim().replace(/^-\w+ /, ''));
  },

  address: (port) => `redis://127.0.0.1:${port}`,

  refusal: (sentence) => Buffer.from(`-ERR ${sentence}\r\n`),
};
