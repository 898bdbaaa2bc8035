import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AccessRequest,
  type Gateway,
  GrantwayError,
  startAuthorization,
  type Tokens,
} from '@grantway/client';
import { Failure } from '../failure.ts';
import { say, type Terminal } from '../terminal.ts';
import { closingPage } from './closing-page.ts';

/** How long we wait for the person, in milliseconds. */
const patienceMs = 5 * 60_000;

/**
 * Sends the person's browser to the gateway and takes the answer on a loopback address that is open for this one
 * sign-in (RFC 8252, 7.3). An answer that belongs to another sign-in is turned away and the wait goes on, so that a
 * web page cannot end it by calling our port.
 */
export async function authorizeInBrowser(
  terminal: Terminal,
  gateway: Gateway,
  access: AccessRequest,
  method: 'browser' | 'printed-url',
): Promise<Tokens> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  const done = Promise.withResolvers<Tokens>();
  const timer = setTimeout(
    () => done.reject(new Failure('Nobody signed in within five minutes. Run the command again.')),
    patienceMs,
  );
  try {
    const pending = await startAuthorization(gateway, redirectUri, access);
    server.on('request', async (request, response) => {
      const callback = callbackOf(request, redirectUri);
      if (callback === undefined) return answer(response, 404, 'There is nothing here.');
      try {
        const tokens = await pending.finish(callback);
        answer(response, 200, 'You can close this window and go back to the terminal.');
        done.resolve(tokens);
      } catch (thrown) {
        const message = thrown instanceof Error ? thrown.message : 'It did not work.';
        answer(response, 400, message);
        if (!(thrown instanceof GrantwayError && thrown.code === 'callback_mismatch')) done.reject(thrown);
      }
    });
    await showUrl(terminal, pending.url, method);
    return await done.promise;
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeIdleConnections();
  }
}

async function showUrl(terminal: Terminal, url: string, method: 'browser' | 'printed-url'): Promise<void> {
  say(
    terminal,
    method === 'browser'
      ? 'Opening your browser. If none appears, open:'
      : 'Open in a browser on this machine:',
  );
  say(terminal, `  ${url}`);
  if (method === 'printed-url') return;
  const { default: open } = await import('open');
  try {
    const browser = await open(url);
    // The address is on the terminal, so a machine without a browser needs no second message.
    browser.on('error', () => {});
  } catch {
    say(terminal, '(No browser could be opened.)');
  }
}

/** The callback's URL; undefined for anything else, also for another name of this machine (DNS rebinding). */
function callbackOf(request: IncomingMessage, redirectUri: string): URL | undefined {
  const expected = new URL(redirectUri);
  if (request.method !== 'GET' || request.headers.host !== expected.host) return undefined;
  const url = URL.parse(request.url ?? '', expected.origin);
  return url !== null && url.origin === expected.origin && url.pathname === expected.pathname
    ? url
    : undefined;
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  const { html, headers } = closingPage(status === 200 ? 'You are signed in' : 'That did not work', sentence);
  response.writeHead(status, headers).end(html);
}
