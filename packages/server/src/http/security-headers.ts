import helmet from '@fastify/helmet';
import type { HttpServer } from './http-context.ts';

/** An API answer is data: a browser that is made to show it as a page runs nothing of it. */
export const API_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** Strict headers of everything under the context this is called with: the pages. `pictureOrigins`: other places pictures come from. */
export async function registerPageHeaders(pages: HttpServer, pictureOrigins: readonly string[]): Promise<void> {
  // Helmet writes on the raw answer, over which the reply's own headers would win.
  pages.addHook('onRequest', (_request, reply, done) => {
    for (const name of Object.keys(API_HEADERS)) reply.removeHeader(name);
    done();
  });
  await pages.register(helmet, {
    crossOriginEmbedderPolicy: false,
    // A self-hosted server is often plain http; a proxy that ends TLS sets this for its own name.
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:', ...pictureOrigins],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  });
}
