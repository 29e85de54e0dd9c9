/** An answer as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** By name in lower case; of several, the last. */
  readonly headers: ReadonlyMap<string, string>;
  /** As far as it was read: of a stream, nothing. */
  readonly body: string;
  /** Whether another request may follow on the connection. */
  readonly isReusable: boolean;
}

type Head = Pick<RawResponse, 'status' | 'headers'> & { readonly bodyAt: number };

function readHead(bytes: string): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0), headers, bodyAt: end + 4 };
}

/** A chunked body once it is complete. */
function readChunks(bytes: string, start: number): { readonly body: string; readonly end: number } | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { body, end: next };
    body += bytes.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}

/**
 * Reads one answer of HTTP/1.1 from a connection that carries nothing else. It is not Node's client, because that would
 * not let hostile requests through.
 */
export class ResponseReader {
  readonly #method: string;
  #bytes = '';

  constructor(method: string) {
    this.#method = method;
  }

  /** The answer, once it is complete; of an event stream, its head. */
  push(chunk: string): RawResponse | undefined {
    this.#bytes += chunk;
    return this.#read(false);
  }

  /** The answer, as the end of the connection completes it; undefined: there is none. */
  end(): RawResponse | undefined {
    return this.#read(true);
  }

  #read(isOver: boolean): RawResponse | undefined {
    const head = readHead(this.#bytes);
    if (head === undefined) return undefined;
    const { status, headers, bodyAt } = head;
    if (status >= 100 && status < 200 && status !== 101) {
      this.#bytes = this.#bytes.slice(bodyAt);
      return this.#read(isOver);
    }
    const answer = (body: string, isReusable: boolean) => ({ status, headers, body, isReusable });
    const isOpen = headers.get('connection')?.toLowerCase() !== 'close';
    if (status === 101 || headers.get('content-type')?.startsWith('text/event-stream')) return answer('', false);
    if (this.#method === 'HEAD' || status === 204 || status === 304) return answer('', isOpen);
    if (headers.get('transfer-encoding') === 'chunked') {
      const chunks = readChunks(this.#bytes, bodyAt);
      return chunks && answer(chunks.body, isOpen && chunks.end === this.#bytes.length);
    }
    const length = headers.get('content-length');
    if (length === undefined) return isOver ? answer(this.#bytes.slice(bodyAt), false) : undefined;
    const end = bodyAt + Number(length);
    if (this.#bytes.length < end) return undefined;
    return answer(this.#bytes.slice(bodyAt, end), isOpen && end === this.#bytes.length);
  }
}
