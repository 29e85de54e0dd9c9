import { HealthResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { type HealthPart, PartHealth } from './part-health.ts';

/** The first of the parts that does not work, or that all do. */
async function checkAll(parts: readonly PartHealth[]): Promise<HealthResponse['storage']> {
  const reports = await Promise.all(parts.map((part) => part.check()));
  return reports.find(({ ok }) => !ok) ?? { ok: true };
}

function createParts({ store, images, queue, relay, logger }: HttpContext) {
  const part = (options: HealthPart) => new PartHealth(options, logger);
  return {
    storage: [
      part({
        check: () => store.check(),
        down: 'The database does not answer.',
        unwritable: 'The database cannot be written to: it is full, or read-only.',
      }),
      part({
        check: () => images.check(),
        down: 'The image storage does not answer.',
        unwritable: 'The image storage cannot be written to: it is full, or read-only.',
      }),
    ],
    queue: part({ check: () => queue.check(), down: 'The queue does not answer.' }),
    relay: part({ check: () => relay.check(), down: 'Other processes cannot be notified.' }),
  };
}

/** `GET /api/health` (B2). */
export function registerHealthRoutes(server: HttpServer, context: HttpContext): void {
  const parts = createParts(context);
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
      const [storage, queueHealth, relayHealth, providers, queued] = await Promise.all([
        checkAll(parts.storage),
        parts.queue.check(),
        parts.relay.check(),
        pool.status(),
        queue.size(),
      ]);
      const ok = storage.ok && providers.some((provider) => provider.ok) && !isStopping();
      const uptime = Math.round((clock.now() - startedAt) / 1_000);
      reply.header('cache-control', 'no-store').code(ok ? 200 : 503);
      return { ok, version, uptime, queued, storage, queue: queueHealth, relay: relayHealth, providers };
    },
  );
}
