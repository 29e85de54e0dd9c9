/** Fake backends in a process of their own, as Darkroom and the yardsticks meet them. */
import { FakeComfyui, startFakeForge } from '@darkroom/fake-backends';
import { nowUs } from '../clock.ts';
import { serve } from '../remote.ts';

/** Its pictures cost next to nothing, so that what is measured is what stands in front of it. */
const EDGE = 8;

const previewsAt: number[] = [];

const methods = {
  /** A Forge that answers as soon as its picture is encoded. */
  startForge: async () => (await startFakeForge({ stepMs: 0, edge: EDGE })).url,
  /** A ComfyUI that sends a preview every `stepMs` milliseconds, 512 px each, as the real one does. */
  startComfyui: async ({ stepMs }: { stepMs: number }) => {
    const backend = await new FakeComfyui({ stepMs, previewMethod: 'auto' }).start();
    backend.sockets.onPreview = () => previewsAt.push(nowUs());
    return backend.url;
  },
  /** When each preview left since this was asked last, in µs of the shared clock. */
  takePreviewTimes: () => previewsAt.splice(0),
};
export type BackendServer = typeof methods;

serve(methods);
