import type { Answer } from '../../support/gateway.ts';

/** Secrets of one run, by a name for each. */
export class SecretsOfALife {
  readonly #all = new Map<string, string>();

  /** Keeps one and gives it back. @throws Error when there is none, since then nothing would be looked for */
  remember(name: string, secret: unknown): string {
    if (typeof secret !== 'string' || secret.length < 6) throw new Error(`${name} is no secret: ${secret}`);
    this.#all.set(this.#all.has(name) ? `${name} ${this.#all.size}` : name, secret);
    return secret;
  }

  /**
   * The same with what an endpoint answered under `key`.
   * @throws Error when there is none, with the error that the answer has in its place
   */
  rememberFrom(name: string, { status, body }: Answer, key: string): string {
    if (body[key] === undefined)
      throw new Error(`${name} is missing: ${status} ${body.error}: ${body.error_description}`);
    return this.remember(name, body[key]);
  }

  get all(): ReadonlyMap<string, string> {
    return this.#all;
  }
}
