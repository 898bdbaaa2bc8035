import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';

/** A call that came in with a right signature. */
export interface AwsCall {
  /** `GetClusterCredentials`, `AssumeRole` … */
  readonly action: string;
  readonly service: string;
  readonly region: string;
  /** Who signed. */
  readonly accessKeyId: string;
  /** Lists of the query protocol are keys as they came: `DbGroups.DbGroup.1`. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** What a call is answered with: an object, which becomes XML or JSON as the service speaks, or an error of AWS. */
export type AwsAnswer =
  | { readonly output: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly message?: string; readonly status?: number }
  /** Any bytes with status 200. */
  | { readonly raw: string }
  /** Nothing, until the caller gives up. */
  | 'silence'
  /** The connection ends. */
  | 'hang_up';

export type AwsHandler = (call: AwsCall) => AwsAnswer | Promise<AwsAnswer>;

/**
 * AWS as one address on loopback. It knows nothing by itself: a test answers each action. What it checks is the
 * signature (SigV4), recomputed with the SDK's own signer; a wrong one is refused as AWS does.
 */
export interface TestAws {
  readonly endpoint: string;
  /** By access key id. */
  readonly keys: Map<string, { readonly secret: string; readonly sessionToken?: string }>;
  readonly handlers: Map<string, AwsHandler>;
  readonly calls: AwsCall[];
  stop(): Promise<void>;
}

/** The long-lived keys that {@link startAws} knows from the start. */
export const awsKeys = { accessKeyId: 'AKIDGRANTWAYTEST', secretAccessKey: 'not-a-real-secret' } as const;

/** What the AWS SDK needs in its environment to reach nothing but the double. */
export const awsEnvironment = {
  AWS_ACCESS_KEY_ID: awsKeys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: awsKeys.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
} as const;

export async function startAws(): Promise<TestAws> {
  const aws: Omit<TestAws, 'endpoint' | 'stop'> = {
    keys: new Map([[awsKeys.accessKeyId, { secret: awsKeys.secretAccessKey }]]),
    handlers: new Map([['AssumeRole', assumeRole]]),
    calls: [],
  };
  let assumed = 0;
  function assumeRole(call: AwsCall): AwsAnswer {
    assumed += 1;
    const id = `ASIAGRANTWAY${assumed}`;
    const sessionToken = `session of ${String(call.input.RoleArn)} for ${String(call.input.RoleSessionName)}`;
    aws.keys.set(id, { secret: `secret-${assumed}`, sessionToken });
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    return {
      output: {
        Credentials: {
          AccessKeyId: id,
          SecretAccessKey: `secret-${assumed}`,
          SessionToken: sessionToken,
          Expiration: expires,
        },
        AssumedRoleUser: { Arn: `${String(call.input.RoleArn)}/session`, AssumedRoleId: 'AROA:session' },
      },
    };
  }

  const server = createServer((request, response) => {
    serve(request, response, aws).catch((thrown) => response.destroy(thrown));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  return {
    ...aws,
    endpoint: `http://127.0.0.1:${bound.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  aws: Omit<TestAws, 'endpoint' | 'stop'>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const protocol = request.headers['x-amz-target'] === undefined ? query : json;
  const signer = await verified(request, body, aws);
  if (signer === undefined) {
    return reply(response, 403, ...protocol.error('SignatureDoesNotMatch', 'The signature does not match.'));
  }
  const call = { ...signer, ...protocol.read(request, body) };
  aws.calls.push(call);
  const handler = aws.handlers.get(call.action);
  if (handler === undefined) return reply(response, 400, ...protocol.error('InvalidAction', call.action));
  const answer = await handler(call);
  if (answer === 'silence') return;
  if (answer === 'hang_up') return void request.socket.destroy();
  if ('raw' in answer) return reply(response, 200, protocol.type, answer.raw);
  if ('error' in answer) {
    return reply(
      response,
      answer.status ?? 400,
      ...protocol.error(answer.error, answer.message ?? answer.error),
    );
  }
  reply(response, 200, ...protocol.output(call.action, answer.output));
}

function reply(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type });
  response.end(text);
}

interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

/** Who signed the request; undefined when the signature, the session token, or the body is not right. */
async function verified(
  request: IncomingMessage,
  body: string,
  { keys }: Pick<TestAws, 'keys'>,
): Promise<Signer | undefined> {
  const { headers } = request;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date']));
  const [, accessKeyId = '', region = '', service = '', signed = '', signature] = match ?? [];
  const key = keys.get(accessKeyId);
  if (key === undefined || date === null) return undefined;
  if (key.sessionToken !== headers['x-amz-security-token']) return undefined;
  const [, year, month, day, hour, minute, second] = date;
  const signer = new SignatureV4({
    region,
    service,
    credentials: {
      accessKeyId,
      secretAccessKey: key.secret,
      ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
    },
    sha256: NodeHash,
  });
  const url = new URL(request.url ?? '/', `http://${headers.host}`);
  const again = await signer.sign(
    {
      method: request.method ?? 'POST',
      protocol: 'http:',
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: Object.fromEntries(signed.split(';').map((name) => [name, String(headers[name] ?? '')])),
      body,
    },
    { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
  );
  const expected = /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization ?? '')?.[1];
  return expected === signature ? { accessKeyId, region, service } : undefined;
}

/** The hash functions of Node.js in the form that the signer takes. */
class NodeHash {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** How calls and answers of a service are written. Answers are a content type and a body. */
interface Protocol {
  readonly type: string;
  readonly read: (request: IncomingMessage, body: string) => Pick<AwsCall, 'action' | 'input'>;
  readonly output: (action: string, output: object) => readonly [type: string, text: string];
  readonly error: (code: string, message: string) => readonly [type: string, text: string];
}

/** The protocol of Redshift and STS: a form goes in, XML comes out. */
const query: Protocol = {
  type: 'text/xml',
  read: (_, body) => {
    const { Action: action = '', ...input } = Object.fromEntries(new URLSearchParams(body));
    return { action, input };
  },
  output: (action, output) => [
    'text/xml',
    `<${action}Response xmlns="https://test.invalid/"><${action}Result>${xml(output)}</${action}Result></${action}Response>`,
  ],
  error: (code, message) => [
    'text/xml',
    `<ErrorResponse><Error>${xml({ Type: 'Sender', Code: code, Message: message })}</Error><RequestId>r</RequestId></ErrorResponse>`,
  ],
};

/** The protocol of Redshift Serverless and of the Data API: JSON both ways. */
const json: Protocol = {
  type: 'application/x-amz-json-1.1',
  read: ({ headers }, body) => ({
    action: String(headers['x-amz-target']).split('.')[1] ?? '',
    input: JSON.parse(body) as Readonly<Record<string, unknown>>,
  }),
  output: (_, output) => ['application/x-amz-json-1.1', JSON.stringify(output)],
  error: (code, message) => ['application/x-amz-json-1.1', JSON.stringify({ __type: code, message })],
};

function xml(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  }
  return Object.entries(value)
    .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
    .join('');
}
