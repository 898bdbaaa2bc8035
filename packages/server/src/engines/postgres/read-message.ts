import { ServerBrokeProtocol, type Wire } from '../framing/index.ts';

/** A whole message of the server, during a login or a reset. */
export interface ServerMessage {
  readonly type: number;
  readonly body: Buffer;
}

/** The longest message that we take whole. A server needs a few kilobytes for an error with all its fields. */
const mostBytes = 65_536;

/**
 * Reads one message from a server. The length is checked before anything is allocated for it.
 * @throws ServerBrokeProtocol when the length cannot be right
 */
export async function readMessage(wire: Wire): Promise<ServerMessage | 'ended'> {
  const header = await wire.read(5);
  if (header === 'ended') return 'ended';
  const type = header.readUInt8(0);
  const length = header.readUInt32BE(1) - 4;
  if (length < 0 || length > mostBytes) {
    throw new ServerBrokeProtocol(`a message of type ${type} says that it has ${length} bytes`);
  }
  const body = length === 0 ? Buffer.alloc(0) : await wire.read(length);
  return body === 'ended' ? 'ended' : { type, body };
}
