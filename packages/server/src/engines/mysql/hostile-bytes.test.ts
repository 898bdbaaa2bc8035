import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldBufferBytes } from '../../../../../tests/support/held-buffers.ts';
import { mysqlCommand } from '../../../../../tests/support/scripted-mysql-client.ts';
import { FrameScanner } from '../relaying/index.ts';
import { PayloadTooShort } from './byte-reader.ts';
import { ClientMessages } from './client-messages.ts';
import { offeredCapabilities } from './client-settings.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { packet } from './packets.ts';
import { capability, command, deniedCommands, status } from './protocol.ts';
import { parseServerError } from './server-error.ts';
import { parseServerGreeting } from './server-greeting.ts';
import { ServerMessages } from './server-messages.ts';

const observer = { wantsParameters: true, finished: () => {} };

/** Both scanners of one relay. */
function relay(capabilities: number) {
  const conversation = new Conversation(observer, status.autocommit);
  const clientMessages = new ClientMessages(conversation, observer, {
    characterSets: ['utf8mb4'],
    sqlMode: '',
  });
  const serverMessages = new ServerMessages(conversation, capabilities, (id) => clientMessages.prepared(id));
  return {
    conversation,
    client: new FrameScanner(frameLayout, clientMessages),
    server: new FrameScanner(frameLayout, serverMessages),
  };
}

/** MariaDB's number for the statement that was prepared last. */
const lastPrepared = 0xffff_ffff;

const framings = fc.constantFrom(offeredCapabilities, offeredCapabilities & ~capability.deprecateEof);
/** Bytes that look a little like real fields: marks, short numbers, letters. */
const field = fc.constantFrom(0, 0, 0, 1, 2, 3, 8, 0x40, 0x61, 0xfb, 0xfc, 0xfd, 0xfe, 0xff);
const codes = [...Object.values(command), ...Object.keys(deniedCommands).map(Number), 0x99];
const turn = fc.oneof(
  fc.tuple(fc.constantFrom(...codes), fc.array(field, { maxLength: 30 })).map(([code, rest]) => ({
    from: 'client' as const,
    bytes: packet(0, Buffer.from([code, ...rest])),
  })),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.array(field, { maxLength: 30 })).map(([sequence, bytes]) => ({
    from: 'server' as const,
    bytes: packet(sequence, Buffer.from(bytes)),
  })),
);

describe('the relay, whatever the two sides say', () => {
  test('A10 never throws, never lets through what it stopped at, and holds little', () => {
    fc.assert(
      fc.property(framings, fc.array(turn, { maxLength: 40 }), (capabilities, turns) => {
        const sides = relay(capabilities);
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
      { numRuns: 5_000 },
    );
  });

  test('D10 keeps nothing of a parameter that is sent ahead, however long it is', async () => {
    const { client } = relay(offeredCapabilities);
    client.push(packet(0, mysqlCommand(command.prepare, 'SELECT ?')));
    const before = await heldBufferBytes();
    for (let megabyte = 0; megabyte < 64; megabyte += 1) {
      const part = mysqlCommand(command.sendLongData, lastPrepared, Buffer.alloc(2), 'x'.repeat(1 << 20));
      expect(client.push(packet(0, part)).length).toBe(4 + part.length);
    }
    expect(client.stopped).toBe(false);
    // The last parts may still be on the stack.
    expect((await heldBufferBytes()) - before).toBeLessThan(8 << 20);
  });

  test('takes any bytes at all from either side', () => {
    fc.assert(
      fc.property(
        framings,
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('client', 'server'),
        (capabilities, bytes, from) => {
          relay(capabilities)[from].push(Buffer.from(bytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('reads any bytes as an error of the server', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void parseServerError(Buffer.from(bytes))),
    );
  });

  test('reads any bytes as a greeting, or says that they are too few', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          parseServerGreeting(Buffer.from([10, ...bytes]));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PayloadTooShort);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
