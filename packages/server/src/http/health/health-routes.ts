import { HealthResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

async function check(...parts: readonly { check(): Promise<void> }[]): Promise<HealthResponse['storage']> {
  try {
    await Promise.all(parts.map((part) => part.check()));
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
      config: { access: 'read' },
      schema: {
        tags: ['Server'],
        summary: 'How the server and each generator behind it are',
        response: { 200: HealthResponse, 503: HealthResponse },
      },
    },
    async (_request, reply) => {
      const { store, images, queue, relay, pool, clock, version, startedAt, isStopping } = context;
      const [storage, queueHealth, relayHealth, providers, queued] = await Promise.all([
        check(store, images),
        check(queue),
        check(relay),
        pool.status(),
        queue.size(),
      ]);
      const ok = storage.ok && providers.some((provider) => provider.ok) && !isStopping();
      const uptime = Math.round((clock.now() - startedAt) / 1_000);
      reply.code(ok ? 200 : 503);
      return { ok, version, uptime, queued, storage, queue: queueHealth, relay: relayHealth, providers };
    },
  );
}
