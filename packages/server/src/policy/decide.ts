import type { Database, Permit, Principal, Refusal } from '../core/index.ts';

export interface PolicyRequest {
  readonly principal: Principal;
  readonly database: Database;
  /** The role names that the token's scopes name; empty when its scope is `db:<database>` (the default role). */
  readonly tokenRoles: readonly string[];
  /** The user name on the wire: picks among the roles that the token holds; ignored when it names none of them. */
  readonly roleHint: string;
  /** A role that the caller demands (HTTP `role`); refused when the token does not hold it. */
  readonly roleDemanded?: string;
  readonly clientId: string;
  readonly consentId: string;
  readonly tokenHash: string;
  readonly now: number;
}

export type Decision =
  | { readonly outcome: 'permitted'; readonly permit: Permit }
  | { readonly outcome: 'denied'; readonly refusal: Refusal };

export function decide(_request: PolicyRequest): Decision {
  throw new Error('not written yet');
}
