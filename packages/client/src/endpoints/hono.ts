import type { Hono } from 'hono';
import type { ConnectEndpoints } from './connect-endpoints.ts';

/** Puts the endpoints into a Hono application. */
export function connectWithHono(app: Hono, endpoints: ConnectEndpoints): void {
  app.all(`${endpoints.basePath}/*`, (context, next) => endpoints.handle(context.req.raw) ?? next());
}
