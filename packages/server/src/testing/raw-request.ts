import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** The answer to a request. Of an event stream only the head: its end may never come. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  /** Default: GET. */
  readonly method?: string;
  /** Any header, also those that `fetch` sets itself, such as `host`. */
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Sends a request with these headers and no others than `Host` and `Connection`, as no client library does. */
export function ask(url: string, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<RawAnswer> {
  const outgoing = request(url, { method, headers, agent: false });
  onTestFinished(() => void outgoing.destroy());
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      const answer = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', answer);
      if (response.headers['content-type']?.startsWith('text/event-stream')) answer();
    });
    // A refused upgrade is an answer as well; one that is granted has no body.
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' });
    });
    outgoing.end(body);
  });
}

/** Sends bytes as they are; resolves with all that comes back until the server closes the connection. */
export function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'));
    onTestFinished(() => void socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
