import { Refusal } from '../core/index.ts';
import type { TokenVerdict } from './authorization-server.ts';

/** What a caller is told whose credential was not taken: one sentence for nearly all, the reason is for the log. */
export function tokenRefusal({
  reason,
  detail,
  retryAfterMs = 0,
}: Extract<TokenVerdict, { outcome: 'invalid' }>): Refusal {
  switch (reason) {
    case 'person_disabled':
      return new Refusal('principal_disabled');
    case 'provider_unavailable':
      return new Refusal('provider_unavailable', {}, detail);
    case 'no_database_named':
      return new Refusal('database_missing');
    case 'wrong_password':
      return new Refusal('password_wrong', {}, detail);
    case 'throttled':
      return new Refusal('throttled', { seconds: Math.ceil(retryAfterMs / 1000) });
    case 'other_certificate':
      return new Refusal('certificate_missing');
    case 'not_by_certificate':
      return new Refusal('certificate_refused', {}, detail);
    default:
      return new Refusal('token_invalid', {}, detail === undefined ? reason : `${reason}: ${detail}`);
  }
}
