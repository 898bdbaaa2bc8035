import type { FastifyInstance } from 'fastify';
import { type Asset, logo, passkeyScript, stylesheet } from '../assets/index.ts';

/** The stylesheet, the logo, and the script that passkeys need: the only files that a page loads. */
export function assetRoutes(app: FastifyInstance): void {
  serve(app, '/assets/style.css', stylesheet, 'public, max-age=31536000, immutable');
  serve(app, '/assets/passkey.js', passkeyScript, 'public, max-age=31536000, immutable');
  serve(app, '/assets/logo.svg', logo, 'public, max-age=86400');
}

function serve(app: FastifyInstance, path: string, asset: Asset, caching: string): void {
  app.get(path, async (_request, reply) =>
    reply.header('cache-control', caching).type(asset.type).send(asset.body),
  );
}
