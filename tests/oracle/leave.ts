import type { Socket } from 'node:net';
import type { Random } from './random.ts';

/** Goes, in one of the ways that programs do: with a word, by closing, by a reset, or with half of the connection. */
export function leave(socket: Socket, goodbye: Buffer, random: Random): void {
  switch (random.below(5)) {
    case 0:
    case 1:
      socket.end(goodbye);
      break;
    case 2:
      socket.end();
      break;
    case 3:
      socket.destroy();
      break;
    default:
      socket.resetAndDestroy();
  }
}
