import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../http/route-access.ts';

/** A route of a server: what `onRoute` hooks get to see. */
export interface ServerRoute {
  readonly method: string;
  /** A pattern, such as `/api/jobs/:jobId`. */
  readonly url: string;
  readonly access: Access | undefined;
}

/** What Fastify publishes of each new instance. */
const CREATED = 'fastify.initialization';

/** Starts a server, and lists its routes: each method of a pattern is one, HEAD included. */
export async function startWithRoutes<Server>(
  start: () => Promise<Server>,
): Promise<{ readonly server: Server; readonly routes: readonly ServerRoute[] }> {
  const seen: { method: string | string[]; url: string; config?: { access?: Access } }[] = [];
  const listen = (message: unknown) => {
    if (isCreated(message)) message.fastify.addHook('onRoute', (route) => void seen.push(route));
  };
  subscribe(CREATED, listen);
  try {
    const server = await start();
    const routes = seen.flatMap(({ method, url, config }) =>
      [method].flat().map((one) => ({ method: one, url, access: config?.access })),
    );
    return { server, routes };
  } finally {
    unsubscribe(CREATED, listen);
  }
}

const isCreated = (message: unknown): message is { fastify: FastifyInstance } =>
  typeof message === 'object' && message !== null && 'fastify' in message;

/** A path of the pattern, in which every parameter is `value`; of `*`, which is every path, one. */
export const pathOf = (url: string, value: string) => (url === '*' ? `/${value}` : url.replace(/:\w+/g, value));
