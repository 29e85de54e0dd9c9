import type { HttpContext, HttpServer } from '../http-context.ts';
import { RequestError } from '../request-error.ts';

/**
 * `GET /metrics`, for those who watch this process from beside it: through a proxy, where people come from, there is no
 * such address. It is no part of the public API.
 */
export function registerMetricsRoutes(server: HttpServer, { metrics }: Pick<HttpContext, 'metrics'>): void {
  server.get(
    '/metrics',
    { schema: { hide: true }, config: { access: 'operate', rateLimit: false } },
    async ({ headers }, reply) => {
      if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined)
        throw new RequestError('NOT_FOUND');
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  );
}
