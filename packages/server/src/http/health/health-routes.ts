import { HealthResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

async function checkStorage({ store, images }: HttpContext): Promise<HealthResponse['storage']> {
  try {
    await Promise.all([store.check(), images.check()]);
    return { ok: true };
  } catch (thrown) {
    return { ok: false, message: messageOf(thrown) };
  }
}

/** `GET /api/health` (B2). */
export function registerHealthRoutes(server: HttpServer, context: HttpContext): void {
  server.get(
    '/api/health',
    {
      schema: {
        tags: ['Server'],
        summary: 'How the server and each generator behind it are',
        response: { 200: HealthResponse, 503: HealthResponse },
      },
    },
    async (_request, reply) => {
      const { queue, pool, clock, version, startedAt, isStopping } = context;
      const [storage, providers, queued] = await Promise.all([checkStorage(context), pool.status(), queue.size()]);
      const ok = storage.ok && providers.some((provider) => provider.ok) && !isStopping();
      const uptime = Math.round((clock.now() - startedAt) / 1_000);
      reply.header('cache-control', 'no-store').code(ok ? 200 : 503);
      return { ok, version, uptime, queued, storage, providers };
    },
  );
}
