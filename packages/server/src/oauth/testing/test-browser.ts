/** A browser as far as OAuth needs one: keeps cookies by path, follows nothing by itself. */
export class TestBrowser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>();

  get(url: string | URL, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(new URL(url), { headers });
  }

  post(url: string | URL, form: Record<string, string>): Promise<Response> {
    return this.#send(new URL(url), { method: 'POST', body: new URLSearchParams(form) });
  }

  /** Follows redirects on the same origin until one leaves it or there is an answer. */
  async follow(response: Response): Promise<Response> {
    let current = response;
    for (let hops = 0; hops < 10; hops++) {
      const next = target(current);
      if (next === undefined || next.origin !== new URL(current.url).origin) return current;
      current = await this.get(next);
    }
    throw new Error('redirected too often');
  }

  cookie(name: string): string | undefined {
    return [...this.#cookies].find(([key]) => key.endsWith(`|${name}`))?.[1].value;
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    const sent = [...this.#cookies]
      .filter(
        ([, { path }]) =>
          url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(([key, { value }]) => `${key.split('|')[1]}=${value}`);
    const headers = new Headers(init.headers);
    if (sent.length > 0) headers.set('cookie', sent.join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const path = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    if (value === '') this.#cookies.delete(`${path}|${name}`);
    else this.#cookies.set(`${path}|${name}`, { value, path });
  }
}

/** Where a response redirects to. */
export function target(response: Response): URL | undefined {
  const location = response.headers.get('location');
  return location === null ? undefined : new URL(location, response.url);
}
