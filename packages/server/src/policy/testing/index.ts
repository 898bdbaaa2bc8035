/**
 * testing: principals, roles and rules in one word each, so that the tables of the policy's tests read as tables.
 */
export {
  authdb,
  claim,
  claims,
  clients,
  database,
  groups,
  hour,
  person,
  request,
  role,
  users,
} from './people-and-roles.ts';
