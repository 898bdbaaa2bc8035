import type { EngineName, Permit } from '../../core/index.ts';
import type { EngineTraits, UpstreamLogin } from '../engine.ts';
import type { Wire } from '../framing/index.ts';
import type { StartupRules } from './client-settings.ts';
import type { PasswordMethod } from './password-methods.ts';
import type { TokenRequest } from './token-request.ts';

/** What tells one relative of PostgreSQL from another. Everything that is not here is the same for all of them. */
export interface PostgresVariation {
  readonly name: EngineName;
  readonly traits: EngineTraits;
  readonly door: DoorVariation;
  readonly upstream: UpstreamVariation;
}

/** The client's side of the handshake. */
export interface DoorVariation {
  /** As major << 16 | minor. */
  readonly newestProtocol: number;
  /** Whether NegotiateProtocolVersion is known; without it a newer version is refused. */
  readonly negotiates: boolean;
  readonly startup: StartupRules;
  /** How a client with these startup parameters is asked for its token. */
  tokenRequest(parameters: ReadonlyMap<string, string>): TokenRequest;
}

/** The login at the server. */
export interface UpstreamVariation {
  /** Ways to prove a password besides SCRAM, by the code of the server's request. */
  readonly methods: ReadonlyMap<number, PasswordMethod>;
  /** Whether a login of this name can be meant by this permit: the last check before anything is dialled. */
  mayLogInAs(permit: Permit, login: string): boolean;
  /** Opens a connection, also the one that a cancel request goes over. @throws Refusal */
  open(permit: Permit, login: UpstreamLogin, signal: AbortSignal): Promise<Wire>;
}
