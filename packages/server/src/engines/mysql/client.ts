import type { Duplex } from 'node:stream';
import type { Refusal, Secret } from '../../core/index.ts';
import type { CancelKey, Client, Upstream } from '../engine.ts';
import { endWith } from '../framing/index.ts';
import { readClientSettings } from './client-settings.ts';
import { cancelKeyOf } from './connection-id.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { type HandshakeResponse, okReply, packet, refusalReply } from './packets.ts';
import { status } from './protocol.ts';
import { MysqlUpstream } from './upstream.ts';

/** What accepting a client has found out. */
export interface AcceptedLogin {
  readonly socket: Duplex;
  readonly exchange: PacketExchange;
  readonly connectionId: number;
  readonly response: HandshakeResponse;
  readonly credential: Secret;
  readonly encrypted: boolean;
}

/** A client whose handshake response and credential were read. Its socket does not flow until the relay begins. */
export class MysqlClient implements Client {
  readonly socket: Duplex;
  readonly credential: Secret;
  readonly userHint: string;
  readonly databaseHint: string;
  readonly application: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly encrypted: boolean;
  readonly #exchange: PacketExchange;
  readonly #connectionId: number;

  constructor({ socket, exchange, connectionId, response, credential, encrypted }: AcceptedLogin) {
    this.socket = socket;
    this.credential = credential;
    this.userHint = response.user;
    this.databaseHint = response.database;
    this.settings = readClientSettings(response);
    this.application = this.settings.get('program_name') ?? '';
    this.encrypted = encrypted;
    this.#exchange = exchange;
    this.#connectionId = connectionId;
  }

  /** The id of the greeting: the client has it already. */
  mintCancelKey(): CancelKey {
    return cancelKeyOf(this.#connectionId);
  }

  async refuse(refusal: Refusal): Promise<void> {
    await endWith(this.socket, packet(this.#exchange.sequence, refusalReply(refusal)));
  }

  /**
   * Says the status of the server's OK, and nothing else of it: MariaDB puts a proof of the role's password there, and
   * may send its clients to another address, past us.
   */
  welcome(upstream: Upstream): void {
    if (!(upstream instanceof MysqlUpstream)) throw new TypeError('a MySQL client needs its own upstream');
    this.#exchange.send(okReply(upstream.loginStatus & ~status.sessionStateChanged));
  }
}
