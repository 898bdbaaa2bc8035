/** What a claim may hold once it was parsed: no objects, so that rules compare like with like. */
export type ClaimValue = string | number | boolean | readonly string[];

/**
 * Who is calling: a person or a workload, as proven by a sign-in method. It carries claims and no rights.
 * Identity is the pair (method, subject). The display name and the e-mail are labels and never compared.
 */
export interface Principal {
  /** The config key of the sign-in method that proved it: `local`, `corp` …; `client` for a workload. */
  readonly method: string;
  /** The method's own stable identifier: for `local` the e-mail as registered, for `client` the client id. */
  readonly subject: string;
  /** What pages and audit records show. */
  readonly displayName: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, ClaimValue>>;
}

/** `method:subject`, the key of a principal in the store, in tokens and in audit records. */
export function principalId(principal: Pick<Principal, 'method' | 'subject'>): string {
  return `${principal.method}:${principal.subject}`;
}

/** The inverse of {@link principalId}. A method's name has no colon (the config refuses one); a subject may. */
export function parsePrincipalId(id: string): Pick<Principal, 'method' | 'subject'> {
  const colon = id.indexOf(':');
  if (colon < 1) throw new TypeError(`not a principal id: ${JSON.stringify(id)}`);
  return { method: id.slice(0, colon), subject: id.slice(colon + 1) };
}
