/**
 * scim: people and groups as an identity provider provisions them (SCIM 2.0: RFC 7643, RFC 7644).
 *
 * Owns: the protocol (resources, filters, patches, errors) and what a written resource means here: who may sign in, and
 * with which groups. Does not own: the tables (store), how access ends (oauth's revoker), who proves whom (identity).
 *
 *   bearer secret ─▶ sign-in method ─┬─▶ user-routes ──▶ user-resource ──┐
 *                                    └─▶ group-routes ─▶ group-resource ─┴─▶ provisioner, one change at a time
 *
 *   write-user, write-group ─▶ audit ─▶ store.provisioning ─▶ take-effect ─┬─▶ people.provision
 *                                                                          └─▶ revocation, groups
 */
export { scimApi } from './scim-api.ts';
