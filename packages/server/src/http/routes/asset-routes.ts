import type { FastifyInstance } from 'fastify';
import { type Asset, logo, stylesheet } from '../assets/index.ts';

/** The stylesheet and the logo: the only files that a page loads. */
export function assetRoutes(app: FastifyInstance): void {
  serve(app, '/assets/style.css', stylesheet, 'public, max-age=31536000, immutable');
  serve(app, '/assets/logo.svg', logo, 'public, max-age=86400');
}

function serve(app: FastifyInstance, path: string, asset: Asset, caching: string): void {
  app.get(path, async (_request, reply) =>
    reply.header('cache-control', caching).type(asset.type).send(asset.body),
  );
}
