import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import { paintPicture } from '../paint-picture.ts';
import { withPngText } from '../png-text.ts';
import { Reveal } from '../reveal/reveal.ts';
import type { Raster } from '../styles/raster.ts';
import type { Answer, Request } from './studio-messages.ts';

/** A painting under way in this thread. */
interface Easel {
  readonly picture: Raster;
  readonly reveal: Reveal;
}

const easels = new Map<number, Easel>();
/** Paintings being opened; one that is dropped meanwhile leaves this set and is not kept. */
const opening = new Set<number>();

const encoder = ({ size, data }: Raster) =>
  sharp(Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
    raw: { width: size, height: size, channels: 3 },
  });

function easel(id: number): Easel {
  const found = easels.get(id);
  if (!found) throw new Error(`there is no painting ${id}`);
  return found;
}

async function work(request: Exclude<Request, { type: 'drop' | 'close' }>): Promise<Uint8Array> {
  if (request.type === 'preview') {
    return await encoder(easel(request.id).reveal.at(request.step, request.steps)).jpeg({ quality: 85 }).toBuffer();
  }
  if (request.type === 'picture') {
    return withPngText(await encoder(easel(request.id).picture).png({ compressionLevel: 6 }).toBuffer(), request.texts);
  }
  opening.add(request.id);
  const picture = await paintPicture(request.order);
  const { prompt, seed } = request.order;
  if (opening.delete(request.id))
    easels.set(request.id, { picture, reveal: new Reveal(picture, `${prompt}\n${seed}/reveal`) });
  return new Uint8Array(0);
}

async function answer(request: Exclude<Request, { type: 'drop' | 'close' }>): Promise<Answer> {
  try {
    return { id: request.id, ok: true, bytes: Uint8Array.from(await work(request)) };
  } catch (thrown) {
    return { id: request.id, ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Requests of one painting come one after another; those of several interleave while sharp works in its own threads. */
let busy = 0;
let closing = false;

const leaveWhenIdle = () => {
  if (closing && busy === 0) parentPort?.close();
};

parentPort?.on('message', (request: Request) => {
  if (request.type === 'close') {
    closing = true;
    leaveWhenIdle();
  } else if (request.type === 'drop') {
    easels.delete(request.id);
    opening.delete(request.id);
  } else {
    busy++;
    void answer(request).then((reply) => {
      busy--;
      const transfer = reply.ok && reply.bytes.buffer instanceof ArrayBuffer ? [reply.bytes.buffer] : [];
      parentPort?.postMessage(reply, transfer);
      leaveWhenIdle();
    });
  }
});
