import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { appRedirect, type TestGateway } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

/** What an application holds whose request was granted. */
export interface LetIn {
  readonly outcome: 'let in';
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** `says` is what the page shows at which the person is left. */
export interface Refused {
  readonly outcome: 'refused';
  readonly says: string;
}

/** Somebody with a real browser, who has not signed in anywhere. */
export interface Visitor {
  readonly page: Page;
  /** An application asks for a scope, they sign in where `there` does, agree, and it redeems its code. */
  ask(scope: string): Promise<LetIn | Refused>;
  /** The same. @throws Error with what the page says when they are not let in */
  letIn(scope: string): Promise<LetIn>;
  /** The same, and psql says as whom. What a page says instead, when they are not let in. */
  sessionUser(scope: string): Promise<string>;
  /** Signs in by the sign-in page. */
  signIn(): Promise<void>;
  /** Presses "Sign out" and waits until they are back, signed out. */
  signOut(): Promise<void>;
  isSignedIn(): Promise<boolean>;
  /** Chooses the method, and waits until the provider asks who they are: it does so when they are not signed in there. */
  isAskedThere(): Promise<void>;
  leave(): Promise<void>;
}

/** How somebody signs in with a method. */
export interface WayIn {
  /** On its button. */
  readonly label: string;
  /** The selector of the field in which the provider asks for the user name. */
  readonly asks: string;
  /** What they do on the provider's own pages. */
  readonly there: (page: Page) => Promise<void>;
}

/** Opens a browser for somebody. */
export async function visitor(browser: Browser, gateway: TestGateway, way: WayIn): Promise<Visitor> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(`${appRedirect}**`, (route) => route.fulfill({ body: 'signed in' }));

  const signOutButton = page.getByRole('button', { name: 'Sign out', exact: true });

  const self: Visitor = {
    page,

    async ask(scope) {
      const asked = gateway.request({ scope: `${scope} offline_access`, prompt: 'consent' });
      await page.goto(asked.url.href);
      const button = page.getByRole('link', { name: `Sign in with ${way.label}` });
      const allow = page.getByRole('button', { name: 'Allow' });
      await button.or(allow).waitFor();
      if (await button.isVisible()) {
        await button.click();
        await way.there(page);
        await page.waitForURL(`${gateway.issuer}/**`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if ((await allow.count()) === 0)
          return { outcome: 'refused', says: await page.locator('main').innerText() };
      }
      await allow.click();
      await page.waitForURL(`${appRedirect}**`);
      const { body } = await gateway.post('token', {
        grant_type: 'authorization_code',
        client_id: asked.clientId,
        code: new URL(page.url()).searchParams.get('code') ?? '',
        code_verifier: asked.verifier,
        redirect_uri: asked.redirectUri,
      });
      if (typeof body.access_token !== 'string') return { outcome: 'refused', says: JSON.stringify(body) };
      return {
        outcome: 'let in',
        accessToken: body.access_token,
        refreshToken: String(body.refresh_token),
      };
    },

    async letIn(scope) {
      const end = await self.ask(scope);
      if (end.outcome === 'refused') throw new Error(end.says);
      return end;
    },

    async sessionUser(scope) {
      const end = await self.ask(scope);
      if (end.outcome === 'refused') return end.says;
      const { stdout, stderr } = await psql(gateway, { token: end.accessToken }, 'select session_user');
      return stdout || stderr;
    },

    async signIn() {
      await self.isAskedThere();
      await way.there(page);
      await signOutButton.waitFor();
    },

    async signOut() {
      await signOutButton.click();
      await page.waitForURL(`${gateway.issuer}/?signed_out=1`);
    },

    async isSignedIn() {
      await page.goto(gateway.issuer);
      return (await signOutButton.count()) > 0;
    },

    async isAskedThere() {
      await page.goto(`${gateway.issuer}/sign-in`);
      await page.getByRole('link', { name: `Sign in with ${way.label}` }).click();
      await page.locator(way.asks).waitFor();
    },

    leave: () => context.close(),
  };
  return self;
}

/** A live session; `ended` is what it is told when somebody ends it, or that nobody did within `seconds`. */
export async function liveSession(
  gateway: TestGateway,
  token: string,
): Promise<{ ended(seconds: number): Promise<string> }> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'me',
    password: token,
    database: 'authdb',
    ssl: false,
  });
  const told = new Promise<string>((resolve) => client.on('error', ({ message }) => resolve(message)));
  await client.connect();
  return {
    async ended(seconds) {
      let timer: NodeJS.Timeout | undefined;
      const nobody = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve(`the session goes on after ${seconds} seconds`), seconds * 1000);
      });
      try {
        return await Promise.race([told, nobody]);
      } finally {
        clearTimeout(timer);
        await client.end().catch(() => undefined);
      }
    },
  };
}
