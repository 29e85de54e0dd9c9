/**
 * Headers of every answer. Most answers are data: a browser that shows one as a page runs nothing of it, puts it in no
 * frame and lets no page of another origin embed it. An answer may be kept only where its route says so.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  // Pages of this server name themselves to it: where browsers send no Fetch Metadata, `Referer` is the proof of an act.
  'referrer-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** Headers of pages and their files, in addition: what no page of this server uses is off, and no other page has hold of its window. */
export const PAGE_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
} as const;

/** One year, for the host alone. */
export const STRICT_TRANSPORT_SECURITY = 'max-age=31536000';

/** `Content-Security-Policy` of the web app. `imageOrigins`: other origins from which it shows images. */
export function pagePolicy(imageOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    ["img-src 'self' data: blob:", ...imageOrigins].join(' '),
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
