import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../core/index.ts';
import { postgresSettings, readClientSettings } from './client-settings.ts';
import { startupMessage } from './messages.ts';
import { parseStartupOptions } from './startup-options.ts';
import { mostStartupBytes, parseStartupPacket, startupBodyBytes } from './startup-packet.ts';

const rules = { offered: postgresSettings, ended: new Set<string>() };

/** Runs a parser on hostile input: it gives a value or a Refusal, nothing else. */
function refusedOr<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
}

const word = fc.string({
  unit: fc.constantFrom('a', 'b', '_', '.', '-', '=', '\\', ' ', '\t', 'é'),
  maxLength: 12,
});
const name = fc.oneof(
  fc.constantFrom('user', 'database', 'options', 'role', 'replication', 'authToken', '_pq_.x', 'TimeZone'),
  word,
);

describe('the parser of startup packets', () => {
  test('A05 takes any bytes for a packet or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), (bytes) => {
        refusedOr(() => parseStartupPacket(Buffer.from(bytes)));
      }),
    );
  });

  test('takes any bytes behind a good version', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const packet = refusedOr(() => parseStartupPacket(Buffer.concat([Buffer.of(0, 3, 0, 0), bytes])));
        if (!(packet instanceof Refusal) && packet.kind === 'startup') {
          refusedOr(() => readClientSettings(packet.parameters, rules));
        }
      }),
    );
  });

  test('gives back the parameters that were written, when no name is empty or comes twice', () => {
    const parameters = fc.uniqueArray(fc.tuple(name, word), { selector: ([key]) => key, maxLength: 30 });
    fc.assert(
      fc.property(parameters, (given) => {
        const written = startupMessage(0x0003_0000, given);
        const packet = refusedOr(() => parseStartupPacket(written.subarray(4)));
        if (given.some(([key]) => key === '')) {
          expect(packet).toBeInstanceOf(Refusal);
          return;
        }
        expect(packet).toEqual({ kind: 'startup', protocol: 0x0003_0000, parameters: new Map(given) });
      }),
    );
  });

  test('A06 never lets through a setting that is no one of the allow-list', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, word), { selector: ([key]) => key }), (given) => {
        const asked = refusedOr(() => readClientSettings(new Map(given), rules));
        if (asked instanceof Refusal) return;
        for (const setting of asked.settings.keys()) {
          expect(['timezone']).toContain(setting);
        }
      }),
    );
  });

  test('A04 checks the length before anything is allocated', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (length) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(length);
        const size = refusedOr(() => startupBodyBytes(bytes));
        if (length >= 8 && length <= mostStartupBytes) expect(size).toBe(length - 4);
        else expect(size).toBeInstanceOf(Refusal);
      }),
    );
  });

  test('A05 reads a packet of 10,000 bytes with thousands of parameters in one pass', () => {
    const given = Array.from({ length: 2_000 }, (_, n) => [`x${n % 1000}${n > 999 ? 'y' : ''}`, ''] as const);
    const bytes = startupMessage(0x0003_0000, given).subarray(4);
    expect(bytes.length).toBeLessThanOrEqual(mostStartupBytes + 4_000);
    expect(parseStartupPacket(bytes)).toMatchObject({ kind: 'startup' });
  });
});

describe('startup options', () => {
  const cases: readonly [options: string, settings: readonly (readonly [string, string])[]][] = [
    ['', []],
    ['   ', []],
    ['-c a=b', [['a', 'b']]],
    ['-ca=b', [['a', 'b']]],
    ['--a=b', [['a', 'b']]],
    ['--a-b=c-d', [['a_b', 'c-d']]],
    ['-c a=', [['a', '']]],
    ['-c a=b=c', [['a', 'b=c']]],
    ['-c a=x\\ y', [['a', 'x y']]],
    ['-c a=x\\\\y', [['a', 'x\\y']]],
    ['-c a=x\\', [['a', 'x']]],
    [
      '\t-c\na=1  -c b=2 ',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
  ];

  test.each(cases)('%j is read as the server reads it', (options, settings) => {
    expect(parseStartupOptions(options)).toEqual(settings);
  });

  test.each(['-c', '-c =x', '-c a', '--', '--a', '-x', 'a=b', '-F', '-c a=b c'])(
    '%j is refused',
    (options) => {
      expect(refusedOr(() => parseStartupOptions(options))).toBeInstanceOf(Refusal);
    },
  );

  test('of any text are read or refused', () => {
    fc.assert(fc.property(fc.string(), (options) => void refusedOr(() => parseStartupOptions(options))));
  });
});
