import { Refusal } from '../../../core/index.ts';
import { awsOf, type LoginGrantee } from './login-grantee.ts';

/** What `GetClusterCredentials` takes, less capital letters: Redshift folds names, and two people could become one. */
const dbUser = /^[a-z][a-z0-9_+.@-]{0,63}$/;

/**
 * The user of the database to ask a login for; undefined where the database derives it from the AWS identity.
 *
 * A person is `<sign-in method>.<subject>`. With the method in front, nobody can be named like a user that is there
 * already, such as the superuser `awsuser`, and people of two methods never share a user.
 *
 * @throws Refusal `upstream_refused_login` for a person whose name Redshift could not tell from another's
 */
export function dbUserOf(grantee: LoginGrantee, request: string): string | undefined {
  const { role, principal } = grantee;
  switch (awsOf(grantee, request).loginAs) {
    case 'iam':
      return undefined;
    case 'role':
      return role.login;
    case 'person': {
      const name = `${principal.method}.${principal.subject}`;
      if (dbUser.test(name)) return name;
      const why = 'it takes 64 small letters, digits and _ + . @ - at most';
      throw new Refusal(
        'upstream_refused_login',
        { request },
        `${JSON.stringify(name)} can be no user of Redshift: ${why}`,
      );
    }
  }
}
