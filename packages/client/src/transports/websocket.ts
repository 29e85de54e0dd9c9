import { apiError, mayReconnect, ServerMessage } from '@darkroom/protocol';
import type { Connection, Network, Sink, Transport } from './transport.ts';

/** Characters of the largest message taken: a full batch of large events fits several times over. */
const MAX_MESSAGE_CHARS = 8 * 1024 * 1024;

/** The page's socket, which carries every watched job (rules W1–W10). */
export function webSocketTransport(network: Network): Transport<void> {
  return { open: (_request, sink) => openSocket(network, sink) };
}

/** The socket's address: `ws` below the server's, with the scheme of sockets. */
export function socketUrl(baseUrl: URL): URL {
  const url = new URL('ws', baseUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

function construct({ WebSocket, baseUrl }: Network): WebSocket | undefined {
  try {
    return WebSocket === undefined ? undefined : new WebSocket(socketUrl(baseUrl));
  } catch {
    return undefined;
  }
}

function openSocket(network: Network, sink: Sink): Connection {
  const socket = construct(network);
  const listening = new AbortController();
  const { signal } = listening;
  const close = () => {
    listening.abort();
    socket?.close(1000);
  };
  const fail = () => {
    if (signal.aborted) return;
    close();
    sink.end({ kind: 'failed', error: apiError('STREAM_UNAVAILABLE') });
  };
  if (socket === undefined) {
    queueMicrotask(fail);
    return { send: () => {}, close };
  }
  const receive = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string' && data.length > MAX_MESSAGE_CHARS) fail();
    else sink.receive(parseMessage(data));
  };
  const closed = ({ code }: CloseEvent) => {
    listening.abort();
    const error = apiError('NETWORK_DISCONNECTED');
    sink.end(
      mayReconnect(code) ? { kind: 'failed', error } : { kind: 'stopped', error: apiError('STREAM_UNAVAILABLE') },
    );
  };
  socket.addEventListener('message', receive, { signal });
  socket.addEventListener('close', closed, { signal });
  // What went wrong is told by the close that follows; without a listener, some runtimes report it as uncaught.
  socket.addEventListener('error', () => {});
  const send = (message: object) => {
    if (socket.readyState === 1) socket.send(JSON.stringify(message));
  };
  return { send, close };
}

/** The message in a frame; none where it is of a kind this client does not know. */
export function parseMessage(data: unknown): readonly ServerMessage[] {
  if (typeof data !== 'string') return [];
  try {
    const message = ServerMessage.safeParse(JSON.parse(data));
    return message.success ? [message.data] : [];
  } catch {
    return [];
  }
}
