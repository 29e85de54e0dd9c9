import { ApiErrorBody, IdentityResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { nameOf } from '../identity.ts';

/** `GET /api/identity` (rule R9). */
export function registerIdentityRoutes(server: HttpServer, { identities }: HttpContext): void {
  server.get(
    '/api/identity',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Identity'],
        summary: 'Who you are here',
        description:
          '`user`, with the name under which you are signed in at the proxy in front of the server, or `anonymous`.',
        response: { 200: IdentityResponse, '4xx': ApiErrorBody, '5xx': ApiErrorBody },
      },
    },
    async (request) => {
      const name = nameOf(identities, request);
      return name === undefined ? { kind: 'anonymous' as const } : { kind: 'user' as const, name };
    },
  );
}
