import type { Message, MessageListResponse } from '@darkroom/protocol';
import type { Thread } from './chat-state.ts';

const placeOf = ({ extra_metadata: metadata }: Message) => (metadata.type === 'image' ? metadata.queue_position : 0);

/** Of two readings of a message the later one; the very object that is known where both say the same. */
function newer(known: Message | undefined, read: Message): Message {
  if (known === undefined || known.updated_at < read.updated_at) return read;
  if (known.updated_at > read.updated_at) return known;
  return placeOf(known) === placeOf(read) ? known : read;
}

function merged(known: readonly Message[], read: readonly Message[]): readonly Message[] {
  const byId = new Map(known.map((message) => [message.id, message]));
  for (const message of read) byId.set(message.id, newer(byId.get(message.id), message));
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

/** Takes what was just said. */
export function withMessages(thread: Thread, messages: readonly Message[]): Thread {
  return { ...thread, messages: merged(thread.messages, messages) };
}

/** Takes the newest page. If it no longer touches what is known, that is forgotten: there would be a gap. */
export function withNewest(thread: Thread, { messages, nextBefore }: MessageListResponse): Thread {
  const [first] = messages;
  const last = thread.messages.at(-1);
  const touches = first !== undefined && last !== undefined && first.id <= last.id;
  const { failure: _failure, ...kept } = thread;
  if (!touches) return { ...kept, messages, nextBefore, gone: false };
  const older = thread.messages.some(({ id }) => id < first.id);
  return {
    ...kept,
    messages: merged(thread.messages, messages),
    nextBefore: older ? thread.nextBefore : nextBefore,
    gone: false,
  };
}

/** Takes the page before the oldest known message; one that does not follow on (any more) is left aside. */
export function withOlder(thread: Thread, before: number, page: MessageListResponse): Thread {
  if (thread.nextBefore !== before) return { ...thread, loadingOlder: false };
  const messages = merged(thread.messages, page.messages);
  return { ...thread, messages, nextBefore: page.nextBefore, loadingOlder: false };
}
