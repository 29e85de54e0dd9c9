import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { describe, expect, it } from 'vitest';
import { requireAccess } from './route-access.ts';

function createServer() {
  const server = Fastify().withTypeProvider<ZodTypeProvider>();
  requireAccess(server);
  return server;
}

const answer = async () => 'ok';

describe('requireAccess', () => {
  it('lets no route be registered that does not declare its access', () => {
    expect(() => createServer().get('/a', answer)).toThrow('GET /a must declare its access');
    expect(() => createServer().post('/a', { config: { rateLimit: false } }, answer)).toThrow('POST /a must declare');
    expect(() => createServer().route({ method: ['PUT', 'PATCH'], url: '/a', handler: answer })).toThrow(
      'PUT, PATCH /a',
    );
  });

  it('does not let a server start whose plugin registers one', async () => {
    const server = createServer();
    server.register(async (scope) => void scope.delete('/b/:id', answer));
    await expect(server.ready()).rejects.toThrow('DELETE /b/:id must declare its access');
  });

  it('holds for HEAD as well, which must not act', async () => {
    const server = createServer();
    server.get('/read', { config: { access: 'read' } }, answer);
    expect(server.hasRoute({ method: 'HEAD', url: '/read' })).toBe(true);
    expect(() => server.get('/act', { config: { access: 'act' } }, answer)).toThrow('HEAD /act may act');
    server.get('/act-without', { config: { access: 'act' }, exposeHeadRoute: false }, answer);
    expect(server.hasRoute({ method: 'HEAD', url: '/act-without' })).toBe(false);
    expect(() =>
      server.route({ method: ['GET', 'HEAD'], url: '/c', config: { access: 'act-own' }, handler: answer }),
    ).toThrow('GET, HEAD /c may act');
  });
});
