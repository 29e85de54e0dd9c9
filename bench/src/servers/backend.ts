/** Fake backends in a process of their own, as Darkroom and the yardsticks meet them. */

import { createHash } from 'node:crypto';
import { FakeComfyui, startFakeForge } from '@darkroom/fake-backends';
import { nowUs } from '../clock.ts';
import { serve } from '../remote.ts';

/** Its pictures cost next to nothing, so that what is measured is what stands in front of it. */
const EDGE = 8;

/** When each preview left, in µs of the shared clock, by the digest that its address at Darkroom carries. */
let previewsAt: Record<string, number> = {};

const methods = {
  /** A Forge that answers as soon as its picture is encoded. */
  startForge: async () => (await startFakeForge({ stepMs: 0, edge: EDGE })).url,
  /** A ComfyUI that sends a preview every `stepMs` milliseconds, 512 px each, as the real one does. */
  startComfyui: async ({ stepMs }: { stepMs: number }) => {
    const backend = await new FakeComfyui({ stepMs, previewMethod: 'auto' }).start();
    backend.sockets.onPreview = (jpeg) => {
      previewsAt[createHash('sha256').update(jpeg).digest('hex').slice(0, 12)] = nowUs();
    };
    return backend.url;
  },
  /** The previews since this was asked last. */
  takePreviews: () => {
    const taken = previewsAt;
    previewsAt = {};
    return taken;
  },
};
export type BackendServer = typeof methods;

serve(methods);
