import { describe, expect, it } from 'vitest';
import { startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { openRaw, requestHead } from '../../testing/raw-connection.ts';

const JOB = '{"prompt":"a cat"}';

describe('A request that offers an upgrade other than WebSocket', () => {
  it.each(['h2c', 'TLS/1.0', 'HTTP/2.0, h2c', 'websockets', 'x'])(
    'is answered as if it offered none: %s',
    async (Upgrade) => {
      const { url } = await startManual();
      const offer = { Connection: 'Upgrade, HTTP2-Settings', Upgrade, 'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA' };
      const json = { 'Content-Type': 'application/json', 'Content-Length': `${JOB.length}` };
      for (const [request, status] of [
        [requestHead(url, 'GET /api/providers', offer), 200],
        [requestHead(url, 'POST /api/jobs', { ...offer, ...json }) + JOB, 201],
        [requestHead(url, 'GET /ws', offer), 426],
        [requestHead(url, 'GET /nothing', offer), 404],
      ] as const) {
        const client = await openRaw(url);
        client.write(request);
        await eventually(() => client.text.includes('\r\n'));
        expect(client.text.split('\r\n')[0]).toMatch(`HTTP/1.1 ${status} `);
      }
    },
  );
});
