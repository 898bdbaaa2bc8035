import { describe, expect, test } from 'vitest';
import type { FinishedStatement } from '../engine.ts';
import { FrameScanner } from '../relaying/index.ts';
import { ClientMessages } from './client-messages.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { errorReply, packet } from './packets.ts';
import { capability, command, status } from './protocol.ts';
import { ServerMessages } from './server-messages.ts';

/** A session whose client has asked for rows, and that has got the names of the columns. */
function askedForRows() {
  const records: FinishedStatement[] = [];
  const observer = {
    wantsParameters: false,
    finished: (statement: FinishedStatement) => void records.push(statement),
  };
  const talk = new Conversation(observer, status.autocommit);
  const fromClient = new ClientMessages(talk, observer, { characterSets: ['utf8mb4'], sqlMode: '' });
  const fromServer = new ServerMessages(talk, capability.deprecateEof, () => {});
  const client = new FrameScanner(frameLayout, fromClient);
  const server = new FrameScanner(frameLayout, fromServer);
  client.push(packet(0, Buffer.concat([Buffer.of(command.query), Buffer.from('SELECT a, b FROM t')])));
  server.push(Buffer.concat([packet(1, Buffer.of(1)), packet(2, Buffer.alloc(20, 3))]));
  return { server, talk, records };
}

const ofText = Buffer.from('\x05hello\x02ok');
/** Its first column is NULL. */
const ofNull = Buffer.from([0xfb, 0x01, 0x61]);
const end = Buffer.from([0xfe, 0, 0, status.autocommit, 0, 0, 0]);
const rowsFrom = (first: number, payloads: readonly Buffer[]) =>
  payloads.map((payload, index) => packet(first + index, payload));

describe('many rows in one read', () => {
  test('all go on and are counted, also where sequence ids begin again at 0', () => {
    const { server, talk, records } = askedForRows();
    const payloads = Array.from({ length: 600 }, (_, index) => (index % 2 === 0 ? ofText : ofNull));
    const answer = Buffer.concat([...rowsFrom(3, payloads), packet(3 + payloads.length, end)]);
    expect(server.push(answer)).toEqual(answer);
    expect(records).toMatchObject([{ rows: 600, outcome: 'succeeded' }]);
    expect(talk.idle).toBe(true);
  });

  test('are counted the same when the read ends anywhere within one of them', () => {
    const payloads = [ofText, ofNull, ofText, ofNull];
    const answer = Buffer.concat([...rowsFrom(3, payloads), packet(7, end)]);
    for (let cut = 1; cut < answer.length; cut += 1) {
      const { server, records } = askedForRows();
      const through = [server.push(answer.subarray(0, cut)), server.push(answer.subarray(cut))];
      expect(Buffer.concat(through)).toEqual(answer);
      expect(records).toMatchObject([{ rows: 4, outcome: 'succeeded' }]);
    }
  });

  test('end with the error that comes among them', () => {
    const { server, records } = askedForRows();
    const answer = Buffer.concat([
      ...rowsFrom(3, [ofText, ofNull]),
      packet(5, errorReply(1317, 'Interrupted')),
    ]);
    expect(server.push(answer)).toEqual(answer);
    expect(records).toMatchObject([{ outcome: 'cancelled', errorCode: '1317' }]);
  });

  test.for([
    ['has the number of another', packet(9, ofText)],
    ['is empty', packet(5, Buffer.alloc(0))],
  ] as const)('stop before one that %s', ([, broken]) => {
    const { server, talk } = askedForRows();
    const sound = Buffer.concat(rowsFrom(3, [ofText, ofNull]));
    const after = Buffer.concat([packet(6, ofText), packet(7, end)]);
    expect(server.push(Buffer.concat([sound, broken, after]))).toEqual(sound);
    expect(server.stopped).toBe(true);
    expect(talk.idle).toBe(false);
  });

  test('are told from a value of megabytes, which begins with the mark of an end', () => {
    const { server, records } = askedForRows();
    const size = 0x100_0000;
    const head = Buffer.alloc(9);
    head.writeUInt8(0xfe);
    head.writeBigUInt64LE(BigInt(size), 1);
    const long = Buffer.concat([head, Buffer.alloc(size, 0x61)]);
    const first = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 4]), long.subarray(0, 0xff_ffff)]);
    const answer = Buffer.concat([
      packet(3, ofText),
      first,
      packet(5, long.subarray(0xff_ffff)),
      packet(6, ofText),
      packet(7, end),
    ]);
    expect(server.push(answer).length).toBe(answer.length);
    expect(records).toMatchObject([{ rows: 3, outcome: 'succeeded' }]);
  });
});
