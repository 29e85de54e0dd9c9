/** The part of a reply that takes a finished body. */
interface BytesReply {
  send(payload?: unknown): unknown;
}

/** Sends a body that is already serialised, past the response schema (which then only documents it). */
export function sendBytes<Reply extends BytesReply>(reply: Reply, body?: Buffer | string): Reply {
  reply.send(body);
  return reply;
}

/** The same bytes, as what Fastify takes. */
export const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength);
