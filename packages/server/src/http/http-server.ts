import { LIMITS } from '@darkroom/protocol';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod/mini';
import type { Config } from '../config.ts';
import { refuseBrokenRequest } from './broken-request.ts';
import { ConnectionCounts } from './connections/connection-counts.ts';
import { DEFAULT_HTTP_TIMEOUTS, type HttpTimeouts } from './connections/http-timeouts.ts';
import { serializePipelined } from './connections/pipelined-requests.ts';
import { refuseSlowBodies } from './connections/slow-bodies.ts';
import { closeUnread } from './connections/unread-responses.ts';
import { registerConversationRoutes } from './conversations/conversation-routes.ts';
import { registerGenerateStreamRoutes } from './generate-stream/generate-stream-routes.ts';
import { registerHealthRoutes } from './health/health-routes.ts';
import type { HttpContext, HttpServer } from './http-context.ts';
import { registerIdentityLinkRoutes } from './identity/identity-link-routes.ts';
import { registerIdentityRoutes } from './identity/identity-routes.ts';
import { registerImageApi } from './image-api/image-api-routes.ts';
import { registerImageRoutes } from './images/image-routes.ts';
import { registerJobRoutes } from './jobs/job-routes.ts';
import { registerOwnJobRoutes } from './jobs/own-job-routes.ts';
import { registerEventRoutes } from './live/sse.ts';
import { Upgrades } from './live/upgrades.ts';
import { registerWebSocket } from './live/websocket.ts';
import { registerMetricsRoutes } from './metrics/metrics-routes.ts';
import { registerOpenApi } from './openapi/openapi-routes.ts';
import { registerPages } from './pages/page-routes.ts';
import { registerPlaceholder } from './placeholders/placeholder-routes.ts';
import { registerProviderRoutes } from './providers/provider-routes.ts';
import { readJsonBodies } from './request-body.ts';
import { type CountingRedis, RequestCounts } from './request-counts.ts';
import { createErrorHandler, pathError, RequestError, validationError } from './request-error.ts';
import { RequestGuard } from './request-guard.ts';
import { requireAccess } from './route-access.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { registerUploadRoutes } from './uploads/upload-routes.ts';

/** Idle time after which the system asks whether the other side of a connection still exists, in milliseconds. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** The only upgrade there is. Requests that offer another one, such as `h2c`, are answered like those that offer none. */
const WEBSOCKET = /(?:^|,)\s*websocket\s*(?:,|$)/i;

export interface HttpServerOptions {
  readonly config: Pick<Config, 'role' | 'allowedHosts' | 'corsOrigins' | 'rateLimit' | 'publicUrl'>;
  readonly webRoot: string;
  /** Where requests are counted that several processes answer; undefined: in memory. */
  readonly countingRedis?: CountingRedis | undefined;
  readonly timeouts?: HttpTimeouts | undefined;
}

/** What a schema makes of the empty object, which it is shown most often: a request without a query. */
function readNothing(schema: z.core.$ZodType): { readonly value: unknown } | undefined {
  const result = z.safeParse(schema, {});
  return result.success ? { value: Object.freeze(result.data) } : undefined;
}

const isEmpty = (data: unknown) => typeof data === 'object' && data !== null && Object.keys(data).length === 0;

/** Schemas are zod's; what they refuse is answered with the field's name. */
function useZod(server: HttpServer): void {
  server.setValidatorCompiler(({ schema, httpPart }) => {
    if (!(schema instanceof z.core.$ZodType)) throw new Error('schemas are written in zod');
    const nothing = httpPart === 'querystring' ? readNothing(schema) : undefined;
    const toError = httpPart === 'params' ? pathError : validationError;
    return (data: unknown) => {
      if (nothing !== undefined && isEmpty(data)) return nothing;
      const result = z.safeParse(schema, data);
      return result.success ? { value: result.data } : { error: toError(result.error.issues) };
    };
  });
  server.setSerializerCompiler(serializerCompiler);
}

async function limitRequests(
  server: HttpServer,
  { clock, addresses }: HttpContext,
  { config: { rateLimit: limit, corsOrigins }, countingRedis }: HttpServerOptions,
): Promise<void> {
  if (limit !== undefined) {
    await server.register(rateLimit, {
      max: limit.max,
      timeWindow: limit.windowMs,
      keyGenerator: ({ raw }) => addresses.limitKey(raw),
      store: class extends RequestCounts {
        constructor() {
          super(countingRedis, clock);
        }
      },
      errorResponseBuilder: () => new RequestError('RATE_LIMITED'),
    });
  }
  if (corsOrigins.length > 0) {
    const origin = corsOrigins.includes('*') ? '*' : [...corsOrigins];
    await server.register(cors, {
      origin,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['ETag', 'Retry-After', 'Location'],
      maxAge: 600,
    });
  }
}

/**
 * The whole HTTP side: API, event streams, WebSocket, pages. It does not listen yet. Fastify gets no logger: with one it
 * makes a child of it and two listeners for every request; what is to be logged, the error handler logs.
 */
export async function createHttpServer(context: HttpContext, options: HttpServerOptions): Promise<HttpServer> {
  const sendError = createErrorHandler(context.incidents);
  const timeouts = options.timeouts ?? DEFAULT_HTTP_TIMEOUTS;
  const connections = new ConnectionCounts();
  const upgrades = new Upgrades();
  const guard = new RequestGuard(options.config, upgrades.isWaiting);
  const server = Fastify({
    // A request that has no route meets no hook.
    frameworkErrors: (error, request, reply) =>
      sendError(guard.hostRefusal(request) ?? error, request, reply.headers(SECURITY_HEADERS)),
    clientErrorHandler: (error, socket) => refuseBrokenRequest(error, socket, connections),
    bodyLimit: LIMITS.httpBodyBytes,
    trustProxy: context.addresses.trusts,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: true,
    keepAliveTimeout: timeouts.keepAliveMs,
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.unreadMs,
    http: {
      maxHeaderSize: LIMITS.headerBytes,
      // Node would refuse a request without Host before any hook.
      requireHostHeader: false,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkMs,
      shouldUpgradeCallback: ({ headers }) => WEBSOCKET.test(headers.upgrade ?? ''),
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    },
  }).withTypeProvider<ZodTypeProvider>();
  useZod(server);
  readJsonBodies(server);
  server.setErrorHandler(sendError);
  closeUnread(server.server, timeouts, connections);
  serializePipelined(server, connections);
  context.metrics.countRequests(server);
  context.metrics.followConnections(connections);
  guard.protect(server);
  requireAccess(server);
  refuseSlowBodies(server, context.clock, timeouts, connections);
  // Node would answer an unknown expectation before any hook.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));
  registerMetricsRoutes(server, context);
  // A worker is asked nothing but how it is.
  if (options.config.role === 'worker') {
    registerHealthRoutes(server, context);
    server.setNotFoundHandler(() => {
      throw new RequestError('NOT_FOUND');
    });
  } else {
    upgrades.route(server, connections, (code) => context.hub.counts.ws.refuse(code));
    await registerAll(server, context, options);
    registerWebSocket(server, context, upgrades);
  }
  return server;
}

async function registerAll(server: HttpServer, context: HttpContext, options: HttpServerOptions): Promise<void> {
  await limitRequests(server, context, options);
  await registerOpenApi(server, context.version);
  registerJobRoutes(server, context);
  registerOwnJobRoutes(server, context);
  registerIdentityRoutes(server, context);
  registerConversationRoutes(server, context);
  registerIdentityLinkRoutes(server, context, options.config.publicUrl);
  registerImageApi(server, context);
  registerEventRoutes(server, context);
  registerImageRoutes(server, context);
  registerPlaceholder(server);
  await registerUploadRoutes(server, context);
  registerProviderRoutes(server, context);
  registerHealthRoutes(server, context);
  registerGenerateStreamRoutes(server, context);
  await server.register(async (pages: HttpServer) => {
    const imageOrigins = context.images.direct === undefined ? [] : [context.images.direct.origin];
    await registerPages(pages, context, {
      webRoot: options.webRoot,
      publicUrl: options.config.publicUrl,
      imageOrigins,
    });
  });
}
