import type { HttpServer } from './http-context.ts';

/**
 * Who may call a route, and from which web pages. Programs may call every route. A page of the server's own origin may,
 * too. Pages of other origins:
 *
 * - `read`: may send the request, and cannot read or embed the answer unless they are in `CORS_ORIGINS`. The route
 *   changes nothing.
 * - `connect`: only those of `CORS_ORIGINS`. The route reads over a transport that CORS does not protect.
 * - `act`: only those of `CORS_ORIGINS`, and every browser must prove which page asks. The route may create, change or
 *   cancel something, whatever its method.
 * - `act-own`: none. The route changes who the caller is.
 * - `operate`: none. The route reads what is meant for those who run the server.
 */
export type Access = 'read' | 'connect' | 'act' | 'act-own' | 'operate';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Whether pages of `CORS_ORIGINS` may embed the answer, as an image. Default: false. */
    isEmbeddable?: boolean;
    /** Whether the route takes the socket of an upgrade request. Default: false. */
    takesUpgrades?: boolean;
  }
}

/** Whether a route of this access may have an effect. */
export const isAct = (access: Access) => access === 'act' || access === 'act-own';

/** Makes each route that is registered from now on declare its access: without one the server does not start. */
export function requireAccess(server: HttpServer): void {
  server.addHook('onRoute', (route) => {
    // Answers preflights, for @fastify/cors.
    if (route.method === 'OPTIONS' && route.url === '*') route.config = { ...route.config, access: 'read' };
    const access = route.config?.access;
    const name = `${[route.method].flat().join(', ')} ${route.url}`;
    if (access === undefined) throw new Error(`${name} must declare its access`);
    // Fastify answers HEAD with the handler of GET.
    if (isAct(access) && [route.method].flat().includes('HEAD'))
      throw new Error(`${name} may act: set exposeHeadRoute to false`);
  });
}
