import { createHash } from 'node:crypto';
import type { Secret } from '../../core/index.ts';

/**
 * The answer to AuthenticationMD5Password: `md5` + hex(md5(hex(md5(password ‖ user)) ‖ salt)).
 * Deprecated by PostgreSQL 18, and still what old servers ask for.
 */
export function md5Answer(login: string, password: Secret, salt: Buffer): string {
  const inner = md5(Buffer.from(password.reveal() + login));
  return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`;
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
