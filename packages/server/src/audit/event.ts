import type { RefusalCode } from '../core/index.ts';

/** What every record about somebody's access carries, as far as it is known at that moment. */
export interface AuditSubject {
  /** Principal id, `method:subject`. */
  readonly person?: string;
  readonly client?: string;
  readonly consent?: string;
  readonly database?: string;
  readonly role?: string;
  /** The gateway's session id. */
  readonly session?: string;
  readonly remoteAddress?: string;
  /** Request id that the operator's log shares. */
  readonly request?: string;
}

/**
 * Everything that is recorded, one type an event. The discriminant is `type`; no event carries a credential.
 */
export type AuditEvent = StatementEvent | OtherEvent;

/** A statement that ended. Made for each one that anybody runs, so it refers to what it shares with others. */
export interface StatementEvent {
  readonly type: 'statement';
  /** One object for all statements of a session, while nothing in it changes. */
  readonly by: StatementSubject;
  readonly statement: StatementFields;
}

/** Whose statement it is, and on which connection of the database it ran. */
export interface StatementSubject extends AuditSubject {
  readonly upstreamPid: string;
}

/** Whatever is no statement. */
export type OtherEvent = AuditSubject &
  (
    | {
        readonly type: 'sign_in';
        readonly method: string;
        readonly outcome: 'succeeded' | 'failed' | 'throttled';
        readonly reason?: string;
        /** Of a program: what the issuer of its token calls it, and who that is. */
        readonly subject?: string;
      }
    | { readonly type: 'sign_out' }
    | {
        /** `changed` is on stable storage before the password is; `reason` says why it was not. */
        readonly type: 'password_change';
        readonly method: string;
        readonly proof: 'first_secret' | 'current_password';
        readonly outcome: 'changed' | 'failed' | 'throttled';
        readonly reason?: string;
      }
    | {
        /** Somebody's second factor: what they proved with it, or did to it. */
        readonly type: 'second_factor';
        readonly action:
          | 'proven'
          | 'failed'
          | 'throttled'
          | 'added'
          | 'removed'
          | 'recovery_codes_made'
          | 'reset';
        /** What kind of factor, where that is known. */
        readonly factor?: 'totp' | 'passkey' | 'recovery_code';
        readonly by?: string;
      }
    | { readonly type: 'consent'; readonly outcome: 'allowed' | 'denied'; readonly scopes: readonly string[] }
    | {
        readonly type: 'token_issued';
        readonly grantType: string;
        readonly scopes: readonly string[];
        readonly tokenHash: string;
        readonly expiresAt: number;
      }
    | { readonly type: 'token_refused'; readonly grantType: string; readonly error: string }
    | { readonly type: 'revoked'; readonly kind: string; readonly subject: string; readonly by: string }
    | { readonly type: 'door_refused'; readonly door: string; readonly code: RefusalCode }
    | {
        readonly type: 'session_started';
        readonly door: string;
        readonly login: string;
        readonly upstreamPid: string;
        readonly application?: string;
      }
    /** A fresh token of the same person and client: the session lives on under it. */
    | { readonly type: 'session_renewed'; readonly door: string }
    | {
        readonly type: 'session_ended';
        readonly cause: string;
        readonly durationMs: number;
        readonly statements: number;
      }
    | {
        readonly type: 'statement_admitted';
        readonly text: string;
        readonly parameters?: readonly (string | null)[];
        readonly upstreamPid: string;
      }
    | {
        readonly type: 'admin';
        readonly action: string;
        readonly target: string;
        readonly by: string;
        readonly detail?: string;
      }
    | {
        readonly type: 'gateway';
        readonly action:
          | 'started'
          | 'stopped'
          | 'config_reloaded'
          | 'config_refused'
          | 'audit_gap'
          | 'audit_pruned'
          | 'signing_key_announced'
          | 'signing_keys_replaced'
          | 'signing_key_removed';
        readonly detail?: string;
      }
  );

/** What is known of one statement when it ended. */
export interface StatementFields {
  /** The text as sent, cut at the limit; `textHash` and `textBytes` then describe all of it. */
  readonly text: string;
  readonly textBytes?: number;
  readonly textHash?: string;
  /** Text renderings of bound values, present when the database's policy records parameters. */
  readonly parameters?: readonly (string | null)[];
  readonly rows?: number;
  readonly durationMs: number;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'unfinished';
  /** The database's own error code, for example a SQLSTATE. */
  readonly errorCode?: string;
}
