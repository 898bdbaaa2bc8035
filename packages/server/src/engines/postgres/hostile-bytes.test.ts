import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameScanner } from '../relaying/index.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { parseErrorResponse } from './error-response.ts';
import { frameLayout } from './frame-layout.ts';
import { message } from './messages.ts';
import { fromClient, fromServer } from './protocol.ts';
import { ServerMessages } from './server-messages.ts';

const observer = { wantsParameters: true, finished: () => {} };

/** Both scanners of one relay. */
function relay() {
  const conversation = new Conversation(observer);
  const clientMessages = new ClientMessages(conversation, observer, 'utf8');
  const serverMessages = new ServerMessages(conversation, new Map(), true, () => {});
  return {
    conversation,
    client: new FrameScanner(frameLayout, clientMessages),
    server: new FrameScanner(frameLayout, serverMessages),
  };
}

/** Bodies that look a little like real ones: short numbers, letters, and NULs. */
const body = fc
  .array(fc.constantFrom(0, 0, 0, 1, 2, 4, 0x50, 0x53, 0x61, 0xff), { maxLength: 40 })
  .map((bytes) => Buffer.from(bytes));
const said = (types: Readonly<Record<string, number>>) =>
  fc.tuple(fc.constantFrom(...Object.values(types)), body).map(([type, bytes]) => message(type, bytes));
const turn = fc.oneof(
  said(fromClient).map((bytes) => ({ from: 'client' as const, bytes })),
  said(fromServer).map((bytes) => ({ from: 'server' as const, bytes })),
);

describe('the relay, whatever the two sides say', () => {
  test('A10 never throws, never lets through what it stopped at, and never grows what it passes', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
        const sides = relay();
        const stopped = { client: false, server: false };
        for (const { from, bytes } of turns) {
          if (stopped[from]) continue;
          const through = sides[from].push(bytes);
          expect(through.length).toBeLessThanOrEqual(bytes.length + 70_000);
          stopped[from] = sides[from].stopped;
          expect(sides.conversation.failure).toBeUndefined();
        }
        sides.conversation.abandon();
        expect(sides.conversation.idle).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('A10 takes any bytes at all from either side', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('client', 'server'), (bytes, from) => {
        relay()[from].push(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads any bytes as an error of the server', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void parseErrorResponse(Buffer.from(bytes))),
    );
  });
});
