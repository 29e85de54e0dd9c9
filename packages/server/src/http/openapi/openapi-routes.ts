import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { HttpServer } from '../http-context.ts';

/** Collects the schemas of all routes registered after it, and serves them as `GET /api/openapi.json`. */
export async function registerOpenApi(server: HttpServer, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Darkroom',
        version,
        description: 'Image generation as durable jobs, with live progress over WebSocket, SSE or polling.',
      },
      tags: [
        { name: 'Jobs', description: 'Create, read, list, retry and cancel' },
        { name: 'Identity', description: 'Who you are here' },
        { name: 'Conversations', description: 'Ask for pictures in words; only you see them' },
        { name: 'Identity', description: 'Who you are here, without an account' },
        { name: 'Image API', description: 'The same jobs in snake case, for other chat systems' },
        { name: 'Live', description: 'Progress as it happens; also WebSocket at /ws' },
        { name: 'Pictures', description: 'Previews, results, and uploads for jobs to begin with' },
        { name: 'Server', description: 'Health and backends' },
      ],
    },
    transform: jsonSchemaTransform,
  });
  server.get('/api/openapi.json', { config: { access: 'read' }, schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(server.swagger()),
  );
}
