import { describe, expect, test } from 'vitest';
import { SlotMap } from './slot-map.ts';

const asked = { host: '10.0.0.1', port: 6379 };
const id = 'a'.repeat(40);

/** The list as a bulk string or a verbatim one. */
function list(lines: readonly string[], type = '$'): Buffer {
  const text = `${type === '=' ? 'txt:' : ''}${lines.join('\n')}\n`;
  return Buffer.from(`${type}${text.length}\r\n${text}\r\n`);
}

test.each(['$', '='])('who serves which slot is read from a list that begins with %s', (type) => {
  const map = new SlotMap();
  map.load(
    list(
      [
        `${id} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-99 200`,
        `${id} 10.0.0.2:6379@16379 master - 0 0 2 connected 100-199 [300->-${id}]`,
        `${id} 10.0.0.3:6379@16379 slave ${id} 0 0 2 connected`,
        `${id} 10.0.0.4:6379@16379 master,fail - 0 0 3 disconnected 201-16383`,
      ],
      type,
    ),
    asked,
  );
  expect(map.primaries).toEqual(['10.0.0.1:6379', '10.0.0.2:6379']);
  expect([0, 99, 100, 199, 200, 201, 300].map((slot) => map.ownerOf(slot))).toEqual([
    ...['10.0.0.1:6379', '10.0.0.1:6379', '10.0.0.2:6379', '10.0.0.2:6379', '10.0.0.1:6379'],
    undefined,
    undefined,
  ]);
});

describe('a slot is known to move', () => {
  const own = (slots: string) => list([`${id} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected ${slots}`]);
  const others = list([
    `${id} 10.0.0.1:6379@16379 master - 0 0 1 connected 0-99`,
    `${id} 10.0.0.2:6379@16379 myself,master - 0 0 2 connected 100-199`,
  ]);
  test.each<[what: string, learn: (map: SlotMap) => void, isMoving: boolean]>([
    ['when a node said that a key of it is elsewhere', () => {}, true],
    ['when its node lists it', (map) => map.load(own(`0-99 [7->-${id}]`), asked), true],
    ['no more when its node does not list it', (map) => map.load(own('0-99'), asked), false],
    ['also when another node does not list it', (map) => map.load(others, asked), true],
    ['no more when it has moved', (map) => map.learn(7, '10.0.0.2:6379'), false],
  ])('%s', (_, learn, isMoving) => {
    const map = new SlotMap();
    map.load(own('0-99'), asked);
    map.learnMoving(7);
    learn(map);
    expect(map.isMoving(7)).toBe(isMoving);
  });

  test('when the first list says so, and not when its node gets it', () => {
    const map = new SlotMap();
    map.load(own(`0-99 [7->-${id}] [300-<-${id}]`), asked);
    expect([7, 8, 300].map((slot) => map.isMoving(slot))).toEqual([true, false, false]);
  });
});

test('a node that has a name is called by it, also where a redirection says its address', () => {
  const map = new SlotMap();
  map.load(
    list([`${id} 10.0.0.2:6380@16380,node-2.example,shard-id=x master - 0 0 2 connected 0-16383`]),
    asked,
  );
  expect(map.ownerOf(5)).toBe('node-2.example:6380');
  expect(map.nameOf('10.0.0.2:6380')).toBe('node-2.example:6380');
  expect(map.nameOf('10.0.0.9:6380')).toBe('10.0.0.9:6380');
});

test('a refused or odd answer changes nothing', () => {
  const map = new SlotMap();
  map.load(list([`${id} :6379@16379 myself,master - 0 0 1 connected 0-16383`]), asked);
  for (const reply of ['-NOPERM no\r\n', '*0\r\n', ':1\r\n']) map.load(Buffer.from(reply), asked);
  expect(map.primaries).toEqual(['10.0.0.1:6379']);
});

test('the list is read once a second at most, however many redirections say that it is old', () => {
  const map = new SlotMap();
  const times = [0, 1, 500, 999, 1_000, 1_001, 2_500];
  expect(times.filter((now) => map.beginsReading(now))).toEqual([0, 1_000, 2_500]);
});
