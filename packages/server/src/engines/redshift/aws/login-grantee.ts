import type { AwsAccess, Permit } from '../../../core/index.ts';
import { Refusal } from '../../../core/index.ts';

/** Whom a login is asked for: what of a permit the calls need. */
export type LoginGrantee = Pick<Permit, 'database' | 'role' | 'principal'>;

/** The database's way to AWS. @throws Refusal `upstream_refused_login` when the configuration has none */
export function awsOf({ database }: LoginGrantee, request: string): AwsAccess {
  if (database.aws !== undefined) return database.aws;
  throw new Refusal(
    'upstream_refused_login',
    { request },
    `the database ${database.name} has no section aws`,
  );
}
