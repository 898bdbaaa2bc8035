import { ServerBrokeProtocol, type Wire } from '../framing/index.ts';
import { ReplyScanner } from './reply-scanner.ts';

/**
 * Sends commands over a wire that nobody listens to, and gives exactly their replies. `ended` when the connection is
 * over before the last of them. @throws ServerBrokeProtocol for anything else that the server says
 */
export async function ask(
  wire: Wire,
  commands: Buffer,
  replies: number,
): Promise<readonly Buffer[] | 'ended'> {
  const taken: Buffer[] = [];
  const outcome = new Promise<'answered' | 'ended' | 'broken'>((resolve) => {
    const scanner = new ReplyScanner({
      begins: () => (taken.length < replies ? 'take' : 'stop'),
      element() {},
      ends(reply) {
        if (reply !== undefined) taken.push(reply);
        return true;
      },
    });
    wire.listen({
      received(bytes) {
        scanner.push(bytes);
        if (scanner.stopped || (taken.length === replies && scanner.heldBytes > 0)) resolve('broken');
        else if (taken.length === replies) resolve('answered');
      },
      ended: () => resolve('ended'),
      drained() {},
    });
  });
  wire.write(commands);
  const end = await outcome;
  wire.unlisten();
  if (end === 'broken') throw new ServerBrokeProtocol('no reply where one was expected');
  return end === 'ended' ? 'ended' : taken;
}
