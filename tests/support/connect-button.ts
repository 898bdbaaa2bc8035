import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { createConnectButton } from '../../examples/connect-button/src/app.ts';
import type { Settings } from '../../examples/connect-button/src/settings.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import type { SamplePerson, TestGateway } from './gateway.ts';

const clientId = 'connect-button';

/** What a gateway has to know of the example before it starts; its secret is the value of `env`. */
export function connectButtonClient(databases: readonly string[]) {
  const secret = randomBytes(16).toString('hex');
  return {
    env: { TEST_CONNECT_BUTTON: secret },
    clients: {
      [clientId]: {
        name: 'Connect button example',
        redirectUris: ['http://127.0.0.1/connect/callback'],
        secret: 'env:TEST_CONNECT_BUTTON',
        scopes: [...databases.map((name) => `db:${name}`), 'openid', 'profile', 'offline_access'],
      },
    },
  };
}

/** The example, which listens. */
export interface RunningConnectButton {
  readonly url: string;
  /**
   * Keeps the next callback from the application and gives its address; the browser stays where it is. What becomes of
   * the callback is then in the hands of the test.
   */
  holdCallback(): Promise<URL>;
  stop(): Promise<void>;
}

/** Starts the example on a free port, with a folder and a key of its own. */
export async function startConnectButton(
  { issuer }: Pick<TestGateway, 'issuer'>,
  settings: Pick<Settings, 'databases' | 'clientSecret'> & Partial<Settings>,
): Promise<RunningConnectButton> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-connect-button-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const button = createConnectButton({
    issuer,
    clientId,
    baseUrl: url,
    tokensFile: join(folder, 'tokens.db'),
    tokenKey: randomBytes(32).toString('base64'),
    ca: undefined,
    ...settings,
  });
  let hold: ((callback: URL) => void) | undefined;
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', url);
    if (hold === undefined || asked.pathname !== '/connect/callback') return button.app(request, response);
    hold(asked);
    hold = undefined;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url,
    holdCallback: () =>
      new Promise((resolve) => {
        hold = resolve;
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      button.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A browser of one person, without scripts: every page has to do without. */
export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #username: string;
  readonly #password: string;

  private constructor(context: BrowserContext, page: Page, username: string, password: string) {
    this.context = context;
    this.page = page;
    this.#username = username;
    this.#password = password;
  }

  static async open(browser: Browser, gateway: TestGateway, name: SamplePerson): Promise<Visitor> {
    const context = await browser.newContext({ javaScriptEnabled: false });
    return new Visitor(context, await context.newPage(), `${name}@example.com`, gateway.passwordOf(name));
  }

  /** Presses a Connect button and, unless that is done, signs in at the gateway, as far as the consent page. */
  async goToConsent(title: string, page = this.page): Promise<void> {
    await page.getByRole('link', { name: `Connect to ${title}` }).click();
    const allow = page.getByRole('button', { name: 'Allow' });
    await page.getByLabel('User name').or(allow).waitFor();
    if (!(await allow.isVisible())) await this.signIn(page);
    await allow.waitFor();
  }

  /** Connects an engine, from the button to the page with the data. */
  async connect(title: string, page = this.page): Promise<void> {
    await this.goToConsent(title, page);
    await page.getByRole('button', { name: 'Allow' }).click();
    await this.rows(title, page);
  }

  /** The sign-in form of the gateway. */
  async signIn(page = this.page): Promise<void> {
    await page.getByLabel('User name').fill(this.#username);
    await page.getByLabel('Password').fill(this.#password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** An engine's part of the page. */
  part(title: string, page = this.page): Locator {
    return page.getByRole('region', { name: title, exact: true });
  }

  /** Waits until an engine's part shows data: then somebody is connected. */
  async rows(title: string, page = this.page): Promise<void> {
    await this.part(title, page).getByRole('cell').first().waitFor();
  }

  /** What an engine's part of the page says. */
  async says(title: string, page = this.page): Promise<string> {
    return await this.part(title, page).innerText();
  }
}
