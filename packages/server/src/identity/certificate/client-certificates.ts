import { constants } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import type { CertificateConfig } from '../../config/index.ts';
import type { ClientCertificate, Clock } from '../../core/index.ts';
import { readCertificate } from './read-certificate.ts';
import { type RevocationLists, readRevocationLists } from './revocation-lists.ts';

/** How soon a changed revocation list is noticed. */
const pollMs = 500;

/** What the handshakes of one moment are set up with. */
interface Trust {
  readonly ca: string;
  readonly lists: RevocationLists | undefined;
  /** False while the revocation list cannot be read: nobody is vouched for then. */
  readonly usable: boolean;
}

/**
 * The authorities whose certificates count as a sign-in. OpenSSL checks each certificate in its handshake; a revocation
 * list that is out of date, or that one of the authorities has none of, lets nobody in. Live sessions are asked about
 * again when the list changed, and when it ran out.
 */
export class ClientCertificates {
  readonly #config: CertificateConfig;
  readonly #problem: (what: string, thrown: unknown) => void;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners: (() => void)[] = [];
  #trust: Trust;
  #seen: string;
  /** True once the listeners know that the list at hand is out of date. */
  #endTold = false;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  private constructor(
    config: CertificateConfig,
    problem: (what: string, thrown: unknown) => void,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#config = config;
    this.#problem = problem;
    this.#clock = clock;
    this.#trust = { ca: '', lists: undefined, usable: false };
    this.#seen = '';
  }

  /** @throws the system's error, or OpenSSL's, when one of the files cannot be used at the start */
  static async open(
    config: CertificateConfig,
    problem: (what: string, thrown: unknown) => void,
    clock: Pick<Clock, 'now'>,
  ): Promise<ClientCertificates> {
    const opened = new ClientCertificates(config, problem, clock);
    const ca = await readFile(config.authorities, 'utf8');
    createSecureContext({ ca });
    opened.#seen = await opened.#fileState();
    opened.#trust = { ca, lists: await opened.#readLists(ca), usable: true };
    if (config.crl !== undefined) opened.#timer = setInterval(() => void opened.reread(), pollMs).unref();
    return opened;
  }

  /** The settings of a listener's TLS beside its own key: it asks for a certificate and goes on without one. */
  tlsOptions(): TlsOptions {
    const { ca, lists } = this.#trust;
    return {
      ca,
      ...(lists === undefined ? {} : { crl: [...lists.pem] }),
      requestCert: true,
      rejectUnauthorized: false,
      // A resumed TLS session would bring along what was found at its start, past a revocation since then.
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  }

  /** The certificate that a client showed on a connection on which TLS stands. */
  read(socket: TLSSocket): ClientCertificate | undefined {
    const certificate = readCertificate(socket);
    if (certificate === undefined) return undefined;
    return { ...certificate, trusted: certificate.trusted && this.stands(certificate) };
  }

  /** Whether the revocation list as of now says nothing against it. */
  stands({ path }: Pick<ClientCertificate, 'path'>): boolean {
    const { lists, usable } = this.#trust;
    return usable && !this.#isOver() && !path.some((id) => lists?.revoked.has(id));
  }

  /** Calls `listener` after each change of the revocation list, and when it ran out. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Looks at the revocation list again, if its file changed. Never rejects. */
  async reread(): Promise<void> {
    this.#reading ??= this.#rereadOnce().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #rereadOnce(): Promise<void> {
    const { ca } = this.#trust;
    try {
      const state = await this.#fileState();
      if (state === this.#seen) return this.#tellEnd();
      this.#seen = state;
      this.#trust = { ca, lists: await this.#readLists(ca), usable: true };
    } catch (thrown) {
      // One line for each time that it breaks, and not one for each look at it.
      if (this.#trust.usable)
        this.#problem('the revocation list cannot be read: no certificate counts', thrown);
      this.#trust = { ...this.#trust, usable: false };
      this.#seen = '';
      return this.#tellEnd();
    }
    this.#endTold = false;
    if (this.#isOver()) this.#tellEnd();
    else for (const listener of this.#listeners) listener();
  }

  #isOver(): boolean {
    return (this.#trust.lists?.endsAt ?? Number.POSITIVE_INFINITY) <= this.#clock.now();
  }

  /** Whoever withholds the next list must not keep a session alive that it would end. */
  #tellEnd(): void {
    if (this.#endTold || !this.#isOver()) return;
    this.#endTold = true;
    this.#problem('the revocation list is out of date: no certificate counts', undefined);
    for (const listener of this.#listeners) listener();
  }

  async #fileState(): Promise<string> {
    if (this.#config.crl === undefined) return '';
    const { mtimeNs, size, ino } = await stat(this.#config.crl, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  }

  async #readLists(ca: string): Promise<RevocationLists | undefined> {
    if (this.#config.crl === undefined) return undefined;
    const lists = readRevocationLists(await readFile(this.#config.crl, 'utf8'));
    createSecureContext({ ca, crl: [...lists.pem] });
    return lists;
  }
}
