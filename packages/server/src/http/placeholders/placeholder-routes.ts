import sharp from 'sharp';
import { PLACEHOLDER_URL } from '../../jobs/image-address.ts';
import type { HttpServer } from '../http-context.ts';
import { sendBytes } from '../send-bytes.ts';

const ONE_YEAR_SECONDS = 31_536_000;

/** A print that hangs to dry under the safelight, barely begun. Without words: it is for readers of every language. */
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="1024" viewBox="0 0 1024 1024">
<defs>
<radialGradient id="room" cx="0.5" cy="0.16" r="1"><stop offset="0" stop-color="#5b2420"/><stop offset="0.45" stop-color="#2a1519"/><stop offset="1" stop-color="#120c11"/></radialGradient>
<radialGradient id="lamp" cx="0.5" cy="0.5" r="0.5"><stop offset="0" stop-color="#ff8a6b" stop-opacity="0.85"/><stop offset="0.35" stop-color="#e4533c" stop-opacity="0.3"/><stop offset="1" stop-color="#e4533c" stop-opacity="0"/></radialGradient>
<linearGradient id="paper" x1="0" y1="0" x2="0.4" y2="1"><stop offset="0" stop-color="#d98f7d"/><stop offset="1" stop-color="#8f5049"/></linearGradient>
<linearGradient id="sheet" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#b56a5d"/><stop offset="1" stop-color="#7c423f"/></linearGradient>
</defs>
<rect width="1024" height="1024" fill="url(#room)"/>
<circle cx="512" cy="150" r="430" fill="url(#lamp)"/>
<path d="M0 300 Q512 372 1024 292" fill="none" stroke="#d9a294" stroke-opacity="0.5" stroke-width="5"/>
<g transform="rotate(-2.5 512 600)">
<rect x="322" y="352" width="400" height="500" rx="6" fill="#000" fill-opacity="0.28"/>
<rect x="308" y="336" width="400" height="500" rx="6" fill="url(#paper)"/>
<rect x="340" y="368" width="336" height="336" rx="3" fill="url(#sheet)"/>
<path d="M340 640 L436 540 L506 612 L566 556 L676 662 L676 704 L340 704 Z" fill="#6a3737" fill-opacity="0.55"/>
<circle cx="586" cy="456" r="38" fill="#d98f7d" fill-opacity="0.5"/>
<rect x="396" y="300" width="26" height="74" rx="7" fill="#c9b39c"/><rect x="594" y="300" width="26" height="74" rx="7" fill="#c9b39c"/>
<rect x="396" y="330" width="26" height="8" fill="#7d6a58"/><rect x="594" y="330" width="26" height="8" fill="#7d6a58"/>
</g>
</svg>`;

/** `GET /api/placeholders/no-backend.png`: what a job shows that failed because no backend was there to do it (C7). */
export function registerPlaceholder(server: HttpServer): void {
  let drawn: Promise<Buffer> | undefined;
  server.get(
    PLACEHOLDER_URL,
    {
      config: { access: 'read', isEmbeddable: true },
      schema: { tags: ['Pictures'], summary: 'What is shown instead of a picture while no backend works' },
    },
    async (_request, reply) => {
      drawn ??= sharp(Buffer.from(PICTURE)).png({ compressionLevel: 9 }).toBuffer();
      reply.type('image/png').header('cache-control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`);
      return sendBytes(reply, await drawn);
    },
  );
}
