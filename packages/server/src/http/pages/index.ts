/**
 * pages: what a person sees. Pure functions from data to markup: no I/O, no clock, no request.
 *
 * Owns: the `html` template that escapes by construction, the layout, the words for durations and roles, one file a
 * page. Does not own: which page comes when (routes/, flows/), how it looks (assets/style/).
 */

export { applicationPage } from './application-page.ts';
export { applicationSecretPage } from './application-secret-page.ts';
export type { SnippetTarget } from './connect-snippets.ts';
export { connectSnippets } from './connect-snippets.ts';
export { consentPage, type DefinedRole } from './consent-page.ts';
export { developerPage } from './developer-page.ts';
export { errorPage, titleOfStatus } from './error-page.ts';
export { factorPage } from './factor-page.ts';
export { firstPasswordPage } from './first-password-page.ts';
export type { Application, HomePage, ReachableDatabase } from './home-page.ts';
export { homePage } from './home-page.ts';
export type { Html } from './html.ts';
export { html } from './html.ts';
export { invitationEndedPage, invitationPage } from './invitation-page.ts';
export { landingPage } from './landing-page.ts';
export { newAppPage } from './new-app-page.ts';
export type { NewApplicationPage } from './new-application-page.ts';
export { newApplicationPage } from './new-application-page.ts';
export { passwordFaultInWords } from './new-password-fields.ts';
export { oauthPages } from './oauth-pages.ts';
export { ownFactorsPage, recoveryCodesPage } from './own-factors-page.ts';
export type { PasskeyForm } from './passkey-form.ts';
export { passwordPage } from './password-page.ts';
export { providerFailureInWords } from './provider-failure.ts';
export { signInPage } from './sign-in-page.ts';
export { signOutTherePage } from './sign-out-there-page.ts';
