import type { Duplex } from 'node:stream';
import type { Refusal, Secret } from '../../core/index.ts';
import type { CancelKey, Client, Upstream } from '../engine.ts';
import { endWith } from '../framing/index.ts';
import { mintCancelKey } from './cancel.ts';
import type { ClientSettings } from './client-settings.ts';
import { authenticationOk, fatalError, message, parameterStatus, readyForQuery } from './messages.ts';
import { fromServer } from './protocol.ts';
import { PostgresUpstream } from './upstream.ts';

/** A client whose startup packet and credential were read. Its socket does not flow until the relay begins. */
export class PostgresClient implements Client {
  readonly socket: Duplex;
  readonly credential: Secret;
  readonly userHint: string;
  readonly databaseHint: string;
  readonly application: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly encrypted: boolean;
  readonly #protocol: number;

  constructor(
    socket: Duplex,
    protocol: number,
    asked: ClientSettings,
    credential: Secret,
    encrypted: boolean,
  ) {
    this.socket = socket;
    this.#protocol = protocol;
    this.credential = credential;
    this.userHint = asked.user;
    this.databaseHint = asked.database;
    this.application = asked.settings.get('application_name') ?? '';
    this.settings = asked.settings;
    this.encrypted = encrypted;
  }

  mintCancelKey(): CancelKey {
    return mintCancelKey(this.#protocol);
  }

  async refuse(refusal: Refusal): Promise<void> {
    await endWith(this.socket, fatalError(refusal));
  }

  welcome(upstream: Upstream, cancelKey: CancelKey): void {
    if (!(upstream instanceof PostgresUpstream))
      throw new TypeError('a PostgreSQL client needs its own upstream');
    this.socket.write(
      Buffer.concat([
        authenticationOk,
        ...[...upstream.parameters].map(([name, value]) => parameterStatus(name, value)),
        message(fromServer.backendKeyData, cancelKey.bytes),
        readyForQuery,
      ]),
    );
  }
}
