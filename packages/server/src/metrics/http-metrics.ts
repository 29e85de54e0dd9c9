import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30];

/** What it needs of a server. */
type HookedServer = Pick<FastifyInstance, 'addHook'>;

/** The web app's files have a route each, named anew with every build: here they are one, as what is at no route is. */
function routeOf(pattern = 'unknown'): string {
  return pattern.startsWith('/assets/') ? '/assets/*' : pattern;
}

/** Metrics of HTTP requests: returns what counts those of a server. */
export function registerHttpMetrics(registry: Registry): (server: HookedServer) => void {
  const seconds = new Histogram({
    name: 'darkroom_http_request_duration_seconds',
    help: 'Requests answered to the end, and how long that took; held polls and event streams take as long as they last.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  return (server) =>
    void server.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
      seconds.observe({ method, route: routeOf(routeOptions.url), status: statusCode }, elapsedTime / 1_000);
      done();
    });
}
