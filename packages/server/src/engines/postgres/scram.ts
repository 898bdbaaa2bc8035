import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../core/index.ts';
import { ServerBrokeProtocol } from '../framing/index.ts';
import type { ChannelBinding } from './channel-binding.ts';

const stretch = promisify(pbkdf2);

/** A server may not make us compute for minutes (it could ask for 2^31 rounds). PostgreSQL's default is 4,096. */
const mostIterations = 1_000_000;

/** The mechanism that we take of those that the server offers. */
export interface ScramChoice {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';
  /** The GS2 header, which is also what the server checks against a downgrade (RFC 5802, section 6). */
  readonly gs2Header: string;
  readonly bindingData: Buffer;
}

/**
 * Chooses with channel binding wherever the server offers it over TLS. Over TLS and without the offer we say that we
 * would have bound (`y`), so that a server which did offer it notices that somebody took the offer away.
 */
export function chooseScram(offered: readonly string[], binding: ChannelBinding): ScramChoice | 'none' {
  if (offered.includes('SCRAM-SHA-256-PLUS') && binding.kind === 'tls-server-end-point') {
    return {
      mechanism: 'SCRAM-SHA-256-PLUS',
      gs2Header: 'p=tls-server-end-point,,',
      bindingData: binding.data,
    };
  }
  if (!offered.includes('SCRAM-SHA-256')) return 'none';
  const wouldBind = binding.kind === 'tls-server-end-point';
  return {
    mechanism: 'SCRAM-SHA-256',
    gs2Header: wouldBind ? 'y,,' : 'n,,',
    bindingData: Buffer.alloc(0),
  };
}

/** One SCRAM-SHA-256 exchange as the client (RFC 5802, RFC 7677). Steps must be called in order. */
export class ScramExchange {
  readonly #choice: ScramChoice;
  readonly #password: Secret;
  readonly #nonce = randomBytes(18).toString('base64');
  #serverSignature: Buffer | undefined;

  constructor(choice: ScramChoice, password: Secret) {
    this.#choice = choice;
    this.#password = password;
  }

  /** The user name stays empty: PostgreSQL takes the one of the startup packet. */
  get #clientFirstBare(): string {
    return `n=,r=${this.#nonce}`;
  }

  clientFirst(): string {
    return this.#choice.gs2Header + this.#clientFirstBare;
  }

  /** @throws ServerBrokeProtocol for a message that is malformed, has another nonce, or wants too many rounds */
  async clientFinal(serverFirst: string): Promise<string> {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new ServerBrokeProtocol('SCRAM: the server did not extend our nonce');
    }
    const { gs2Header, bindingData } = this.#choice;
    const channel = Buffer.concat([Buffer.from(gs2Header), bindingData]).toString('base64');
    const withoutProof = `c=${channel},r=${nonce}`;
    const authMessage = `${this.#clientFirstBare},${serverFirst},${withoutProof}`;

    const salted = await saltedPassword(this.#password, salt, iterations);
    const clientKey = hmac(salted, 'Client Key');
    const proof = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
    for (let at = 0; at < proof.length; at += 1) {
      proof.writeUInt8(proof.readUInt8(at) ^ clientKey.readUInt8(at), at);
    }
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Whether the server proved that it knows the password too. */
  serverIsGenuine(serverFinal: string): boolean {
    const given = Buffer.from(/^v=([A-Za-z0-9+/]+=*)(?:,|$)/.exec(serverFinal)?.[1] ?? '', 'base64');
    const expected = this.#serverSignature;
    return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
  }
}

function parseServerFirst(message: string): { nonce: string; salt: Buffer; iterations: number } {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d{0,9})(?:,|$)/.exec(message);
  const [, nonce = '', salt = '', count = ''] = match ?? [];
  if (match === null) throw new ServerBrokeProtocol('SCRAM: the server’s first message is malformed');
  const iterations = Number(count);
  if (iterations > mostIterations) {
    throw new ServerBrokeProtocol(`SCRAM: the server wants ${iterations} rounds`);
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
}

/** Stretched passwords of late logins, so that a login of the same role costs a few hashes and not thousands. */
const stretched = new Map<string, Promise<Buffer>>();
const mostStretched = 256;
/** Keys of the map are useless outside of this process. */
const cacheKey = randomBytes(32);

/** PBKDF2 on a thread of the pool. Kept in memory only, as long-lived as the password that the gateway holds anyway. */
function saltedPassword(password: Secret, salt: Buffer, iterations: number): Promise<Buffer> {
  const clear = saslPrep(password.reveal());
  const id = createHmac('sha256', cacheKey)
    .update(`${iterations}:${salt.toString('base64')}:${clear}`)
    .digest('base64');
  const known = stretched.get(id);
  if (known !== undefined) return known;
  const computed = stretch(clear, salt, iterations, 32, 'sha256');
  stretched.set(id, computed);
  computed.catch(() => stretched.delete(id));
  const [eldest] = stretched.keys();
  if (stretched.size > mostStretched && eldest !== undefined) stretched.delete(eldest);
  return computed;
}

/** What SASLprep maps to nothing (RFC 3454, table B.1), as ranges of code points. */
const mappedToNothing = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x1806, 0x1806],
  [0x180b, 0x180d],
  [0x200b, 0x200d],
  [0x2060, 0x2060],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
] as const;

/** The mapping and normalisation of SASLprep (RFC 4013, 2.1 and 2.2), as PostgreSQL does it before hashing. */
function saslPrep(password: string): string {
  const mapped = [...password].filter((character) => {
    const point = character.codePointAt(0) ?? 0;
    return !mappedToNothing.some(([first, last]) => point >= first && point <= last);
  });
  return mapped.join('').normalize('NFKC');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
