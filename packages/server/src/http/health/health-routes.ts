import { HealthResponse } from '@darkroom/protocol';
import type { ProviderLoad } from '../../jobs/worker.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';

const CHECK_MS = 3_000;

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

/** A provider that does not answer in time is not healthy; nobody waits longer for it. */
async function checkProvider({ provider, running }: ProviderLoad): Promise<HealthResponse['providers'][number]> {
  const { name, kind, concurrency, capabilities } = provider;
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), CHECK_MS).unref();
  });
  const report = await Promise.race([provider.health(), late]).catch((thrown: unknown) => ({
    ok: false,
    message: messageOf(thrown),
  }));
  return { name, kind, concurrency, running, breaker: 'closed', capabilities, recentFailures: [], ...report };
}

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
      const { queue, worker, clock, version, startedAt, isStopping } = context;
      const [storage, providers, queued] = await Promise.all([
        checkStorage(context),
        Promise.all(worker.load.map(checkProvider)),
        queue.size(),
      ]);
      const ok = storage.ok && providers.some((provider) => provider.ok) && !isStopping();
      const uptime = Math.round((clock.now() - startedAt) / 1_000);
      reply.header('cache-control', 'no-store').code(ok ? 200 : 503);
      return { ok, version, uptime, queued, storage, providers };
    },
  );
}
