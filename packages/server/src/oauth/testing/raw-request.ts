import { request as httpRequest } from 'node:http';

/** An HTTP answer with nothing followed and nothing decoded. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request to a port of this machine with whatever Host header and target a test wants; `fetch` allows neither. */
export function rawRequest(
  port: number,
  path: string,
  headers: Record<string, string>,
  form?: Record<string, string>,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: form === undefined ? 'GET' : 'POST',
        headers: {
          ...headers,
          ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    request.end(form === undefined ? undefined : new URLSearchParams(form).toString());
  });
}
