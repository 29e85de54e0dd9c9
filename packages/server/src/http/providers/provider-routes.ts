import { ProvidersResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';

/** `GET /api/providers` (rule R8). */
export function registerProviderRoutes(server: HttpServer, { pool }: HttpContext): void {
  server.get(
    '/api/providers',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Server'],
        summary: 'The backends, in order of preference: health, breaker, load, abilities and recent failures',
        response: { 200: ProvidersResponse },
      },
    },
    async () => ({ providers: await pool.status() }),
  );
}
