import type { FastifyRequest } from 'fastify';
import { principalId, Refusal } from '../../core/index.ts';
import { commandLineClient } from '../../oauth/index.ts';
import { matchRule } from '../../policy/index.ts';
import { type ApiParts, verifiedToken } from './bearer.ts';

/** What came of reading the configuration again; refused ones have changed nothing. */
export type ReloadOutcome =
  | { readonly outcome: 'reloaded' }
  /** `problems` is the formatted report for the administrator. */
  | { readonly outcome: 'refused'; readonly problems: string };

/** What the reload is answered with. */
export interface ReloadParts extends ApiParts {
  /** Reads the config file again; `by` is recorded. */
  readonly reload: (by: string) => Promise<ReloadOutcome>;
}

/**
 * `POST /api/v1/admin/reload`: reads the config file again; a bad file is refused whole and the old one stays. Only with
 * a token of the command line: an application that a person let in must not inherit their office.
 */
export async function answerReload(request: FastifyRequest, options: ReloadParts): Promise<object> {
  const token = await verifiedToken(request, options);
  const { admins } = options.config();
  const mayReload =
    token.clientId === commandLineClient &&
    admins !== undefined &&
    matchRule(admins, token.principal, token.clientId).matched;
  if (!mayReload)
    throw new Refusal('forbidden', { what: 'reloading the configuration is for administrators.' });
  const outcome = await options.reload(principalId(token.principal));
  if (outcome.outcome === 'refused')
    throw new Refusal('request_invalid', { what: outcome.problems.trimEnd() });
  return { reloaded: true };
}
