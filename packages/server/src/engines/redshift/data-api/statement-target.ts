import { awsOf, dbUserOf, type LoginGrantee } from '../aws/index.ts';

/** Where a statement runs and as whom, in the words of `ExecuteStatement`. */
export interface StatementTarget {
  readonly Database: string;
  readonly ClusterIdentifier?: string;
  readonly WorkgroupName?: string;
  /** Absent: whoever the database takes the AWS identity for. */
  readonly DbUser?: string;
}

/** The target of a permit. @throws Refusal `upstream_refused_login` for a person who can be no user of Redshift */
export function statementTarget(grantee: LoginGrantee, request: string): StatementTarget {
  const { warehouse } = awsOf(grantee, request);
  const user = dbUserOf(grantee, request);
  const Database = grantee.database.upstreamName;
  if (warehouse.kind === 'workgroup') return { Database, WorkgroupName: warehouse.name };
  return {
    Database,
    ClusterIdentifier: warehouse.identifier,
    ...(user === undefined ? {} : { DbUser: user }),
  };
}
