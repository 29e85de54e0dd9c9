/**
 * The process that decodes images which clients have sent: a program of its own, so that whatever a hostile file does to
 * a decoder happens here, and ends with it. It reads requests from its input until that closes and answers each on its
 * output. Arguments: CPU time for one image in milliseconds, memory in bytes.
 */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import sharp from 'sharp';
import { type DecodeOutcome, type DecodeReply, type DecodeRequest, readRequests, replyFrame } from './decoder-wire.ts';
import { allowOnlyLoaders } from './image-loaders.ts';

/** Its nice value: on a machine that has no time to spare it gets a quarter of it. */
const NICE = 5;
/** Between two looks at what an image has cost so far. */
const WATCH_MS = 20;

allowOnlyLoaders(['png', 'jpeg', 'webp']);
// One thread for an image, and nothing of it kept for the next.
sharp.concurrency(1);
sharp.cache(false);
yieldToServer();

const [cpuMs = 0, memoryBytes = 0] = process.argv.slice(2).map(Number);

for await (const { request, image } of readRequests(process.stdin)) {
  const stopWatching = watchCost(() => {
    const answer = replyFrame(failure('too-costly', 'the limit of CPU time or memory is reached'));
    // libvips cannot be interrupted: the process ends as soon as the server knows why.
    process.stdout.write(answer, () => process.kill(process.pid, 'SIGKILL'));
  });
  const answer = await decode(request, image);
  if (stopWatching()) process.stdout.write(replyFrame(answer));
}

/** The first to go when memory runs out, and less urgent than the server for the scheduler. A sandbox may allow one without the other. */
function yieldToServer(): void {
  if (process.platform === 'linux') tryTo(() => writeFileSync('/proc/self/oom_score_adj', '1000'));
  tryTo(() => setPriority(NICE));
}

function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // Not allowed here: the limits of CPU time and memory hold all the same.
  }
}

/** Calls `onExceeded` once if the image costs too much. The undo answers whether it has not. */
function watchCost(onExceeded: () => void): () => boolean {
  let isWithin = true;
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    isWithin = (user + system) / 1_000 <= cpuMs && process.memoryUsage.rss() <= memoryBytes;
    if (isWithin) return;
    clearInterval(timer);
    onExceeded();
  }, WATCH_MS);
  return () => {
    clearInterval(timer);
    return isWithin;
  };
}

async function decode({ width, height, fit, maxPixels }: DecodeRequest, image: Buffer): Promise<DecodeReply> {
  try {
    const { data, info } = await sharp(image, { limitInputPixels: maxPixels, failOn: 'error', pages: 1 })
      .autoOrient()
      .resize(width, height, { fit, withoutEnlargement: fit === 'inside' })
      .png()
      .toBuffer({ resolveWithObject: true });
    return reply('image', data, info);
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return failure(detail.includes('pixel limit') ? 'too-large' : 'unreadable', detail);
  }
}

function failure(outcome: DecodeOutcome, detail: string): DecodeReply {
  return reply(outcome, Buffer.from(detail.slice(0, 1_000)), { width: 0, height: 0 });
}

type Size = Pick<DecodeReply, 'width' | 'height'>;

function reply(outcome: DecodeOutcome, body: Buffer, { width, height }: Size): DecodeReply {
  return { outcome, width, height, memoryKib: Math.ceil(process.memoryUsage.rss() / 1_024), body };
}
