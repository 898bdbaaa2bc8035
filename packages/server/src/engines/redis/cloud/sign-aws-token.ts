import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { CloudAccess } from '../../../core/index.ts';
import { Secret } from '../../../core/index.ts';

/** Seconds for which AWS takes a token: the most that it allows. */
const tokenSeconds = 900;

/**
 * The password of an IAM user of ElastiCache or MemoryDB: a request `connect`, signed in its query (SigV4), without
 * its scheme. Nothing is sent to AWS. (ElastiCache and MemoryDB user guides, "Authenticating with IAM".)
 */
export async function signAwsToken(
  { kind, region, name, serverless }: Extract<CloudAccess, { region: string }>,
  user: string,
  signingDate: Date,
): Promise<Secret> {
  const [{ SignatureV4 }, { fromNodeProviderChain }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-sdk/credential-providers'),
  ]);
  const signer = new SignatureV4({
    service: kind,
    region,
    credentials: fromNodeProviderChain({ clientConfig: { region } }),
    sha256: Sha256,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname: name,
      path: '/',
      headers: { host: name },
      query: {
        Action: 'connect',
        User: user,
        ...(serverless ? { ResourceType: 'ServerlessCache' } : {}),
      },
    },
    { expiresIn: tokenSeconds, signingDate },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([key, value]) => `${encode(key)}=${encode(String(value))}`,
  );
  return new Secret(`${name}/?${query.join('&')}`);
}

/** As SigV4 writes a query: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The hash that the signer asks for, from Node.js. */
class Sha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.#hash = this.#begin();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
