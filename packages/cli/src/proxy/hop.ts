import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from '@grantway/client';

/** One connection of a program, and where it is to go. */
export interface Hop {
  readonly client: Socket;
  /**
   * Called once the program can be told of an error: it throws when no token is to be had.
   * @throws Error with a sentence for the person
   */
  readonly target: () => Promise<HopTarget>;
}

/** The gateway's door, and the token that opens it now. */
export interface HopTarget {
  readonly connection: Connection;
  readonly accessToken: string;
  /** PEM of the authorities that the gateway's certificate must come from; absent: the usual ones. */
  readonly ca?: string;
}

/** The login of one protocol. */
export interface HopProtocol {
  /**
   * Signs in at the door in the program's place, and gives the connection that goes on from there.
   * @throws Left, Error with a sentence for the person
   */
  signIn(hop: Hop): Promise<Duplex>;
  /** The port as an address that clients of the protocol take. */
  address(port: number, database: string): string;
  /** The sentence as the program's protocol tells an error at login. */
  refusal(sentence: string): Buffer;
}
