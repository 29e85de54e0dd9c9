/** One message of an event stream. */
export interface SseMessage {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The stream's last event id, as far as it was read. */
  readonly lastEventId: string;
}

/** Characters of the largest message taken. */
const MAX_MESSAGE_CHARS = 1024 * 1024;

/** Reads `text/event-stream` as the HTML standard says, chunk by chunk, wherever the chunks are cut. */
export class SseParser {
  /** The stream's reconnection time in milliseconds, if it gave one. */
  retryMs: number | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #afterCarriageReturn = false;
  #event = '';
  #data: string[] = [];
  #size = 0;
  #lastEventId = '';

  /** The messages that this chunk completes. Throws `RangeError` at a message beyond all bounds. */
  push(chunk: Uint8Array): SseMessage[] {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return [];
    if (this.#afterCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterCarriageReturn = text.endsWith('\r') || (text === '' && this.#afterCarriageReturn);
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    const messages: SseMessage[] = [];
    for (const line of lines) {
      const message = this.#line(this.#rest + line);
      this.#rest = '';
      if (message !== undefined) messages.push(message);
    }
    this.#rest += last;
    if (this.#rest.length + this.#size > MAX_MESSAGE_CHARS)
      throw new RangeError('a message of the stream is too large');
    return messages;
  }

  #line(line: string): SseMessage | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    this.#field(field, value);
    return undefined;
  }

  #field(field: string, value: string): void {
    if (field === 'event') this.#event = value;
    if (field === 'id' && !value.includes('\0')) this.#lastEventId = value;
    if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    if (field !== 'data') return;
    this.#data.push(value);
    this.#size += value.length;
  }

  #dispatch(): SseMessage | undefined {
    const data = this.#data;
    const event = this.#event === '' ? 'message' : this.#event;
    this.#data = [];
    this.#event = '';
    this.#size = 0;
    if (data.length === 0) return undefined;
    return { event, data: data.join('\n'), lastEventId: this.#lastEventId };
  }
}
