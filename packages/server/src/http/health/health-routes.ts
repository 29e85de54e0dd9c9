import { HealthResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { HealthChecks } from './health-checks.ts';

/** `GET /api/health` (B2). */
export function registerHealthRoutes(server: HttpServer, context: HttpContext): void {
  const { pool, clock, version, startedAt, isStopping } = context;
  const checks = new HealthChecks(context);
  server.get(
    '/api/health',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Server'],
        summary: 'How the server and each generator behind it are',
        description: 'Storage, queue and relay are checked at most every 2 seconds.',
        response: { 200: HealthResponse, 503: HealthResponse },
      },
    },
    async (_request, reply) => {
      const [{ queued, storage, queue, relay }, providers] = await Promise.all([checks.current(), pool.status()]);
      const ok = storage.ok && providers.some((provider) => provider.ok) && !isStopping();
      const uptime = Math.round((clock.now() - startedAt) / 1_000);
      reply.code(ok ? 200 : 503);
      return { ok, version, uptime, queued, storage, queue, relay, providers };
    },
  );
}
