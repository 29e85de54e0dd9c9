import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

/** A socket that hands over what is written to it in one turn with one call to the system, not with one for each statement. */
export class GatheringSocket extends Socket {
  override write(bytes: Uint8Array | string, done?: Done): boolean;
  override write(bytes: Uint8Array | string, encoding?: BufferEncoding, done?: Done): boolean;
  override write(bytes: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done): boolean {
    if (this.writableCorked === 0) {
      this.cork();
      process.nextTick(() => this.uncork());
    }
    return typeof encoding === 'string' ? super.write(bytes, encoding, done) : super.write(bytes, encoding);
  }
}
