import type { AwsAccess } from '../../../core/index.ts';
import { Refusal, Secret } from '../../../core/index.ts';
import { awsClientConfig } from './aws-client-config.ts';
import { awsRefusal } from './aws-refusal.ts';
import { dbUserOf } from './db-user.ts';
import { awsOf, type LoginGrantee } from './login-grantee.ts';

/** A user of the database, and a password that AWS made for it. */
export interface IssuedLogin {
  /** As AWS gave it: `IAM:ann`, `IAMA:ann`, `IAMR:analysts`. */
  readonly login: string;
  readonly password: Secret;
  /** Wall-clock milliseconds. Sessions that are open by then go on. */
  readonly expiresAt: number;
}

/** All tries of one call together, in milliseconds. */
const deadlineMs = 10_000;

/**
 * Asks AWS for a login: `GetClusterCredentials` for a named user of a cluster, `GetClusterCredentialsWithIAM` for the
 * user behind the AWS identity, `GetCredentials` for a serverless workgroup.
 * @throws Refusal `upstream_refused_login`, `upstream_unreachable`
 */
export async function requestLogin(grantee: LoginGrantee, request: string): Promise<IssuedLogin> {
  const aws = awsOf(grantee, request);
  const user = dbUserOf(grantee, request);
  const call = callName(aws, user);
  try {
    const given = await (aws.warehouse.kind === 'workgroup'
      ? fromWorkgroup(grantee, aws, aws.warehouse.name, request)
      : fromCluster(grantee, aws, aws.warehouse.identifier, user, request));
    const { login, password, expiration } = given;
    if (login === undefined || password === undefined || expiration === undefined) {
      throw new Refusal('upstream_refused_login', { request }, `${call}: AWS gave no login`);
    }
    return { login, password: new Secret(password), expiresAt: expiration.getTime() };
  } catch (thrown) {
    throw awsRefusal(call, thrown, request);
  }
}

interface Given {
  readonly login: string | undefined;
  readonly password: string | undefined;
  readonly expiration: Date | undefined;
}

async function fromCluster(
  grantee: LoginGrantee,
  aws: AwsAccess,
  cluster: string,
  user: string | undefined,
  request: string,
): Promise<Given> {
  const { RedshiftClient, GetClusterCredentialsCommand, GetClusterCredentialsWithIAMCommand } = await import(
    '@aws-sdk/client-redshift'
  );
  const client = new RedshiftClient(await awsClientConfig(grantee, request));
  const asked = {
    ClusterIdentifier: cluster,
    DbName: grantee.database.upstreamName,
    DurationSeconds: aws.durationMs / 1000,
  };
  const abortSignal = AbortSignal.timeout(deadlineMs);
  try {
    const answer =
      user === undefined
        ? await client.send(new GetClusterCredentialsWithIAMCommand(asked), { abortSignal })
        : await client.send(
            new GetClusterCredentialsCommand({
              ...asked,
              DbUser: user,
              AutoCreate: aws.autoCreate,
              ...(grantee.role.dbGroups === undefined ? {} : { DbGroups: [...grantee.role.dbGroups] }),
            }),
            { abortSignal },
          );
    return { login: answer.DbUser, password: answer.DbPassword, expiration: answer.Expiration };
  } finally {
    client.destroy();
  }
}

async function fromWorkgroup(
  grantee: LoginGrantee,
  aws: AwsAccess,
  workgroupName: string,
  request: string,
): Promise<Given> {
  const { RedshiftServerlessClient, GetCredentialsCommand } = await import(
    '@aws-sdk/client-redshift-serverless'
  );
  const client = new RedshiftServerlessClient(await awsClientConfig(grantee, request));
  const asked = {
    workgroupName,
    dbName: grantee.database.upstreamName,
    durationSeconds: aws.durationMs / 1000,
  };
  try {
    const answer = await client.send(new GetCredentialsCommand(asked), {
      abortSignal: AbortSignal.timeout(deadlineMs),
    });
    return { login: answer.dbUser, password: answer.dbPassword, expiration: answer.expiration };
  } finally {
    client.destroy();
  }
}

function callName({ warehouse }: AwsAccess, user: string | undefined): string {
  if (warehouse.kind === 'workgroup') return 'redshift-serverless:GetCredentials';
  return user === undefined ? 'redshift:GetClusterCredentialsWithIAM' : 'redshift:GetClusterCredentials';
}
