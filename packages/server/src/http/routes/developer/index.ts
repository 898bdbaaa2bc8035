/**
 * developer: the pages of whoever builds applications, and of whoever approves them.
 *
 * Owns: `/developer` and what lies under it, who is let in there. Does not own: who may register, see or change an
 * application (oauth/applications), markup (pages).
 */
export { developerRoutes } from './developer-routes.ts';
