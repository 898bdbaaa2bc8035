import { Refusal } from '../core/index.ts';
import type { TokenVerdict } from './authorization-server.ts';

/** What a caller is told whose credential was not taken: one sentence for nearly all, the reason is for the log. */
export function tokenRefusal({ reason, detail }: Extract<TokenVerdict, { outcome: 'invalid' }>): Refusal {
  switch (reason) {
    case 'person_disabled':
      return new Refusal('principal_disabled');
    case 'provider_unavailable':
      return new Refusal('provider_unavailable', {}, detail);
    case 'no_database_named':
      return new Refusal('database_missing');
    default:
      return new Refusal('token_invalid', {}, detail === undefined ? reason : `${reason}: ${detail}`);
  }
}
