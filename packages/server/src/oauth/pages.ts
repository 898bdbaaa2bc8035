/**
 * The pages that the OAuth endpoints themselves must show, written by `http`. Each gives a whole HTML document as a
 * string. Every field may hold what a stranger typed or registered, so each page escapes all of them.
 * Forms are posted back as `application/x-www-form-urlencoded` to `action`, with the hidden field `xsrf` as given.
 */
export interface OAuthPages {
  /** Asks for the code that a program shows (RFC 8628, section 3.3). Fields to post: `xsrf`, `user_code`. */
  deviceInput(page: DeviceInputPage): string;
  /**
   * Shows the code again and who asks, so that nobody is talked into approving somebody else's program (RFC 8628,
   * section 5.4). Fields to post: `xsrf`, `user_code`, and `confirm=yes`, or `abort=yes` to refuse.
   */
  deviceConfirm(page: DeviceConfirmPage): string;
  /** The program may go on; the browser is done. */
  deviceSuccess(page: { readonly clientName: string }): string;
  /** Asks whether to sign out. Fields to post: `xsrf`, and `logout=yes`, or nothing to stay signed in. */
  signOutConfirm(page: { readonly action: string; readonly xsrf: string }): string;
  /** Nobody is signed in, or not any more. */
  signedOut(page: SignedOutPage): string;
  /** A request that cannot be answered with a redirect. `description` is one sentence for the person. */
  error(page: OAuthErrorPage): string;
}

/** The page that asks for the code of a device. */
export interface DeviceInputPage {
  readonly action: string;
  readonly xsrf: string;
  /** What the field starts with: from the link that the program showed, or what was typed before. */
  readonly userCode?: string;
  /** Why the page is shown again. `unknown` also covers an expired code and one that was used before. */
  readonly problem?: 'missing' | 'unknown' | 'refused' | 'failed';
}

/** The page that asks whether this is the device that is meant. */
export interface DeviceConfirmPage {
  readonly action: string;
  readonly xsrf: string;
  /** In groups, as the program shows it. */
  readonly userCode: string;
  readonly clientName: string;
  /** The address that the program asked from. */
  readonly requestedFrom: string;
}

/** The page of somebody who is not signed in. */
export interface SignedOutPage {
  /** Where an application that nobody vouches for wants them, when that is left to the person. */
  readonly backTo?: { readonly host: string; readonly href: string };
}

/** The page of a request that cannot be answered to the application. */
export interface OAuthErrorPage {
  readonly status: number;
  /** The OAuth error code, or `request_expired` where no application is at fault. */
  readonly error: string;
  readonly description: string;
  /** Where the application wants to hear of it, when that is left to the person. */
  readonly backTo?: { readonly host: string; readonly href: string };
}
