/**
 * routes: addresses. Each file registers a few of them: it reads the request, runs a flow, and sends a page or a 303.
 *
 * Owns: parsing of forms and parameters, status codes. Does not own: what a form does (flows/), markup (pages/).
 */
export { assetRoutes } from './asset-routes.ts';
export { backChannelRoutes } from './back-channel-routes.ts';
export { carriedSignOutRoutes } from './carried-sign-out-routes.ts';
export { consentRoutes } from './consent-routes.ts';
export { developerRoutes } from './developer/index.ts';
export { factorRoutes } from './factor-routes.ts';
export { firstPasswordRoutes } from './first-password-routes.ts';
export { homeRoutes } from './home-routes.ts';
export { invitationRoutes } from './invitation-routes.ts';
export { ownFactorRoutes } from './own-factor-routes.ts';
export { passkeyRoutes } from './passkey-routes.ts';
export { passwordRoutes } from './password-routes.ts';
export { callbackUri, metadataUri, providerRoutes, signOutUri } from './provider-routes.ts';
export { signInRoutes } from './sign-in-routes.ts';
