import type { FastifyRequest } from 'fastify';

/** Whether a browser asks for a page, as opposed to data or a file of a page. */
export const acceptsPage = ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');
