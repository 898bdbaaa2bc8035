import { connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { largeAnswers } from './large-answers.ts';
import { answerThrown } from './problem.ts';

let app: FastifyInstance;
let port: number;
let admitted: number;
beforeEach(async () => {
  admitted = 0;
  const large = largeAnswers();
  app = fastify({ trustProxy: true });
  app.setErrorHandler((error, request, reply) => answerThrown(error, request, reply));
  app.addContentTypeParser(
    'text/xml',
    { parseAs: 'string' },
    async (_: unknown, body: string | Buffer) => body,
  );
  app.post<{ Body: string }>(
    '/',
    {
      bodyLimit: 320 * 1024,
      onRequest: async (request, reply) => {
        await large.admit(request, reply);
        admitted += 1;
      },
      preValidation: large.read,
    },
    async ({ body }) => `read ${body.length}`,
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  vi.useRealTimers();
  app.server.closeAllConnections();
  await app.close();
});

const kib = 1024;

/** Announces a body and keeps the most of it back. */
async function begin(from: string, length: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const before = admitted;
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // Cut off may be a reset.
  socket.on('error', () => {});
  const answer = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()));
  });
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${from}\r\nContent-Type: text/xml\r\nConnection: close\r\n${length}\r\n\r\n`,
  );
  await Promise.race([answer, expect.poll(() => admitted, { timeout: 20_000 }).toBeGreaterThan(before)]);
  return { socket, answer };
}

const sized = (bytes: number) => `Content-Length: ${bytes}`;

async function post(from: string, bytes: number): Promise<number> {
  const headers = { 'x-forwarded-for': from, 'content-type': 'text/xml' };
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers,
    body: 'x'.repeat(bytes),
  });
  await response.text();
  return response.status;
}

describe('a large answer', () => {
  test('is read when there is room', async () => {
    expect(await post('192.0.2.1', 300 * kib)).toBe(200);
    expect(await post('192.0.2.1', 330 * kib)).toBe(413);
  });

  test.each([sized(200 * kib), 'Transfer-Encoding: chunked'])(
    'waits for no more than four others of one network (%s), and small ones and other networks go on',
    async (length) => {
      const others = [];
      for (let count = 0; count < 4; count += 1) others.push(await begin('192.0.2.1', length));
      expect(await post('192.0.2.1', 100 * kib)).toBe(503);
      expect(await post('192.0.2.1', 60 * kib)).toBe(200);
      expect(await post('192.0.2.2', 100 * kib)).toBe(200);
      const [first] = others;
      first?.socket.destroy();
      await expect.poll(() => post('192.0.2.1', 100 * kib), { timeout: 20_000 }).toBe(200);
      for (const { socket } of others) socket.destroy();
    },
  );

  test('waits for no more than sixteen others in all', async () => {
    const others = [];
    for (let count = 0; count < 16; count += 1)
      others.push(await begin(`192.0.2.${count}`, sized(200 * kib)));
    expect(await post('198.51.100.1', 100 * kib)).toBe(503);
    for (const { socket } of others) socket.destroy();
    await expect.poll(() => post('198.51.100.1', 100 * kib), { timeout: 20_000 }).toBe(200);
  });

  test('that does not come to its end in ten seconds is cut off', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { answer, socket } = await begin('192.0.2.1', sized(200 * kib));
    socket.write('x');
    vi.advanceTimersByTime(10_000);
    expect(await answer).toBe('');
  });
});
