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

/** How a login is proven to the server. */
export interface LoginProof {
  /** What the startup packet says beside user, database and settings. */
  readonly startup: readonly (readonly [name: string, value: string])[];
  /** Ways to prove the password, by the code of the server's request. */
  readonly methods: ReadonlyMap<number, PasswordMethod>;
  /** Whether it may be proven by SCRAM as well. */
  readonly scram: boolean;
  /** Whether a server may let us in unasked, since it knows us by our name, our address or our certificate. */
  readonly unasked: boolean;
}

/** The login at the server. */
export interface UpstreamVariation {
  /** Whether a session's connection can be proven clean by DISCARD ALL, and used again. */
  readonly reusable: boolean;
  /** How the login of this permit is proven. */
  proof(permit: Permit): LoginProof;
  /** Whether a login of this name can be meant by this permit: the last check before anything is dialled. */
  mayLogInAs(permit: Permit, login: string): boolean;
  /** Opens a connection; for a cancel request to the `address` that has the session. @throws Refusal */
  open(permit: Permit, login: UpstreamLogin, signal: AbortSignal, address?: string): Promise<Wire>;
}
