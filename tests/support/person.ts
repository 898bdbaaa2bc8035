/** A page that the person looks at. */
export interface Page {
  readonly kind: 'page';
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

/** The person was sent to another site, which is where an OAuth client gets its answer. */
export interface Departure {
  readonly kind: 'departure';
  readonly to: URL;
  /** Status of the redirect that sent them away. */
  readonly status: number;
}

/**
 * A person with a browser that knows only cookies, redirects and forms: enough for every page of ours, since none needs
 * a script, and a thousand times faster than a real one. Layout and scripts are the real browser's business.
 */
export class Person {
  readonly username: string;
  readonly #password: string;
  readonly #origin: string;
  /** By name and path, because two tabs have requests of their own. */
  readonly #cookies = new Map<string, Cookie>();

  constructor(origin: string, username: string, password: string) {
    this.#origin = origin;
    this.username = username;
    this.#password = password;
  }

  /** Opens an address of the gateway and follows its redirects until there is a page, or it leads away. */
  async open(address: string | URL): Promise<Page | Departure> {
    return await this.#go(new URL(address, this.#origin), { method: 'GET' });
  }

  /** Fills in the form that has all of `fields`, keeps its hidden inputs, and sends it. */
  async submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page | Departure> {
    const wanted = Object.keys(fields);
    return await this.#send(page, ({ inputs }) => wanted.every((name) => inputs.has(name)), fields);
  }

  /** Presses the first button whose form goes to an address like `action`. */
  async press(page: Page, action: RegExp): Promise<Page | Departure> {
    return await this.#send(page, (form) => action.test(form.action.pathname), {});
  }

  /** Types user name and password into the sign-in page. */
  async signIn(page: Page, password = this.#password): Promise<Page | Departure> {
    return await this.submit(page, { username: this.username, password });
  }

  /** Opens the home page, signed in. */
  async home(): Promise<Page> {
    const page = await this.open('/sign-in');
    if (page.kind === 'departure') throw new Error(`the sign-in page led away to ${page.to}`);
    const home = page.html.includes('name="password"') ? await this.signIn(page) : page;
    if (home.kind === 'departure') throw new Error(`signing in led away to ${home.to}`);
    return home;
  }

  /** Whether the gateway takes this browser for signed in, as its home page shows. */
  async isSignedIn(): Promise<boolean> {
    const page = await this.open('/');
    return page.kind === 'page' && page.html.includes('Sign out');
  }

  /** From an authorization request to where it ends: signs in when asked, then allows or denies when asked. */
  async authorize(request: URL, decision: 'allow' | 'deny' = 'allow'): Promise<Page | Departure> {
    let at = await this.open(request);
    if (at.kind === 'page' && at.html.includes('name="password"')) at = await this.signIn(at);
    if (at.kind === 'page' && at.html.includes('name="decision"')) at = await this.submit(at, { decision });
    return at;
  }

  /** One request with the person's cookies, no redirect followed. */
  async fetch(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const url = new URL(address, this.#origin);
    const cookies = this.#cookiesFor(url.pathname);
    if (cookies !== '') headers.set('cookie', cookies);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keepCookie(line);
    return response;
  }

  async #send(
    page: Page,
    wanted: (form: Form) => boolean,
    fields: Readonly<Record<string, string>>,
  ): Promise<Page | Departure> {
    const form = formsOf(page).find(wanted);
    if (!form) throw new Error(`no such form on ${page.url.pathname}:\n${page.html}`);
    return await this.#go(form.action, {
      method: 'POST',
      body: new URLSearchParams({ ...form.hidden, ...fields }),
      headers: { origin: this.#origin, 'sec-fetch-site': 'same-origin' },
    });
  }

  async #go(address: URL, init: RequestInit): Promise<Page | Departure> {
    let response = await this.fetch(address, init);
    let url = address;
    for (let redirects = 0; redirects < 10; redirects++) {
      const location = response.headers.get('location');
      if (location === null) {
        const { status, headers } = response;
        return { kind: 'page', url, status, headers, html: await response.text() };
      }
      url = new URL(location, url);
      if (url.origin !== this.#origin) return { kind: 'departure', to: url, status: response.status };
      response = await this.fetch(url);
    }
    throw new Error(`too many redirects, the last one to ${url}`);
  }

  /** Every cookie there is, as a client would send them that asks nobody where they belong. */
  get allCookies(): string {
    return [...this.#cookies.values()].map(({ pair }) => pair).join('; ');
  }

  #cookiesFor(pathname: string): string {
    const cookies = [...this.#cookies.values()].filter(({ path }) => isUnder(pathname, path));
    return cookies.map(({ pair }) => pair).join('; ');
  }

  #keepCookie(line: string): void {
    const [first = '', ...attributes] = line.split(';');
    const pair = first.trim();
    const path = attributes.map((attribute) => /^\s*path=(.*)$/i.exec(attribute)?.[1]).find(Boolean) ?? '/';
    const key = `${pair.slice(0, pair.indexOf('='))} ${path}`;
    const gone = attributes.some((attribute) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute));
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { pair, path });
  }
}

interface Cookie {
  /** `name=value`. */
  readonly pair: string;
  readonly path: string;
}

/** RFC 6265, section 5.1.4. */
function isUnder(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

interface Form {
  readonly action: URL;
  /** Names of everything that can be sent, buttons too. */
  readonly inputs: ReadonlySet<string>;
  readonly hidden: Readonly<Record<string, string>>;
}

/** Reads the forms of our own pages, whose attributes are always in double quotes. */
function formsOf(page: Page): readonly Form[] {
  return [...page.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(
    ([, attributes = '', content = '']) => {
      const controls = [...content.matchAll(/<(?:input|button|select|textarea)\b([^>]*)>/g)].map(
        ([, own = '']) => own,
      );
      const hidden = controls.filter((own) => attribute(own, 'type') === 'hidden');
      return {
        action: new URL(attribute(attributes, 'action') ?? '', page.url),
        inputs: new Set(controls.map((own) => attribute(own, 'name')).filter((name) => name !== undefined)),
        hidden: Object.fromEntries(
          hidden.map((own) => [attribute(own, 'name') ?? '', attribute(own, 'value') ?? '']),
        ),
      };
    },
  );
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
