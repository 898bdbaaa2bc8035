import { ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { ByteReader } from './byte-reader.ts';
import { type OkPacket, parseOk } from './ok-packet.ts';
import { type HeaderFault, PacketExchange, type Transport } from './packet-exchange.ts';
import { capability, command, reply } from './protocol.ts';

/** The longest packet that we take whole from a server. */
const mostBytes = 65_535;
/** More columns than any statement of ours has. */
const mostColumns = 16;

/** A new sequence of packets with a server: its login, or one command. */
export function serverExchange(transport: Transport): PacketExchange {
  return new PacketExchange(
    transport,
    mostBytes,
    (fault: HeaderFault) =>
      new ServerBrokeProtocol(fault === 'too_long' ? 'a packet is too long' : 'a packet is out of order'),
  );
}

/** A wire as what an exchange runs over. */
export function overWire(wire: Wire): Transport {
  return {
    read: (size) => wire.read(size),
    write: (bytes) => {
      wire.write(bytes);
    },
  };
}

/** The payload of a command. */
export function commandPayload(code: number, argument: Buffer | string = ''): Buffer {
  return Buffer.concat([Buffer.of(code), Buffer.from(argument)]);
}

/**
 * Sends all commands at once and waits for an OK to each, in order. `failed` at the first answer that is none.
 * @throws ServerBrokeProtocol
 */
export async function runCommands(wire: Wire, payloads: readonly Buffer[]): Promise<OkPacket | 'failed'> {
  const exchanges = payloads.map((payload) => {
    const exchange = serverExchange(overWire(wire));
    exchange.send(payload);
    return exchange;
  });
  let last: OkPacket | 'failed' = 'failed';
  for (const exchange of exchanges) {
    const answer = await exchange.receive();
    if (answer === 'ended' || answer[0] !== reply.ok) return 'failed';
    last = parseOk(answer, 0, answer.length);
  }
  return last;
}

/**
 * Runs a query of one row, with the framing that `capabilities` mean. Undefined when the server gives something else.
 * @throws ServerBrokeProtocol, PayloadTooShort
 */
export async function queryRow(
  wire: Wire,
  sql: string,
  capabilities: number,
): Promise<readonly (string | null)[] | undefined> {
  const exchange = serverExchange(overWire(wire));
  exchange.send(commandPayload(command.query, sql));
  const head = await exchange.receive();
  if (head === 'ended') return undefined;
  const columns = head.length === 1 ? (head[0] ?? 0) : 0;
  if (columns === 0 || columns > mostColumns) return undefined;
  const definitions = columns + ((capabilities & capability.deprecateEof) === 0 ? 1 : 0);
  for (let left = definitions; left > 0; left -= 1) {
    if ((await exchange.receive()) === 'ended') return undefined;
  }
  const row = await exchange.receive();
  if (row === 'ended' || row[0] === reply.error || row[0] === reply.eof) return undefined;
  const reader = new ByteReader(row);
  const values = Array.from({ length: columns }, () => reader.nullableText());
  const end = await exchange.receive();
  return end !== 'ended' && end[0] === reply.eof ? values : undefined;
}
