import type { Page } from 'playwright-core';
import type { SamplePerson } from '../../support/gateway.ts';
import type { Place } from './place.ts';

/** One person's way through pages, with a browser of their own. */
export interface Walk extends Place {
  readonly page: Page;
  /** Called on each page of the way. `drawnBy` names the file of `http/pages/` that draws it; `what` says which form of it. */
  look(drawnBy: string, what: string): Promise<void>;
}

/** A way by its title, which is a sentence about what somebody does. */
export type Ways = Readonly<Record<string, (walk: Walk) => Promise<void>>>;

/** Fills in the sign-in form that the page shows. */
export async function signIn({ page, gateway }: Walk, name: SamplePerson): Promise<void> {
  await typeSignIn(page, `${name}@example.com`, gateway.passwordOf(name));
}

/** Fills in the sign-in form that the page shows, as whoever. */
export async function typeSignIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Opens the home page as a sample person. */
export async function goHome(walk: Walk, name: SamplePerson): Promise<void> {
  await walk.page.goto(`${walk.gateway.issuer}/sign-in`);
  await signIn(walk, name);
  await walk.page.getByRole('heading', { name: 'Your databases' }).waitFor();
}

/** Presses the button of that name. */
export async function press({ page }: Walk, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Waits until the page has that heading. */
export async function expectHeading({ page }: Walk, name: string | RegExp): Promise<void> {
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** An address of the gateway. */
export function pathOf({ gateway }: Pick<Walk, 'gateway'>, path: string): string {
  return new URL(path, gateway.issuer).href;
}
