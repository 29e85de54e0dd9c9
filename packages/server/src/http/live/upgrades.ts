import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type ApiErrorCode, apiError } from '@darkroom/protocol';
import { endWithError } from '../broken-request.ts';
import type { ConnectionCounts } from '../connections/connection-counts.ts';
import type { HttpServer } from '../http-context.ts';
import { toApiError } from '../request-error.ts';

/** The connection of an upgrade request. */
export interface UpgradeSocket {
  readonly socket: Socket;
  /** What the client has sent after its request. */
  readonly head: Buffer;
}

/** Requests for an upgrade. Each is routed like every other request, so it meets the same hooks, until a route takes its socket. */
export class Upgrades {
  readonly #waiting = new WeakMap<IncomingMessage, UpgradeSocket & { readonly response: ServerResponse }>();

  /** Routes the upgrade requests of a server. `onRefused`: gets the code of each that is refused. */
  route(server: HttpServer, counts: ConnectionCounts, onRefused: (code: ApiErrorCode) => void): void {
    server.addHook('onError', (request, _reply, error, done) => {
      if (this.isWaiting(request.raw)) onRefused(toApiError(error).code);
      done();
    });
    server.server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      // Its socket is still the HTTP parser's: no response can be routed to it.
      if (!request.complete || !(socket instanceof Socket)) {
        onRefused('INVALID_REQUEST');
        return endWithError(socket, 400, apiError('INVALID_REQUEST', 'A handshake has no body.', 'body'));
      }
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      try {
        response.assignSocket(socket);
      } catch {
        // It came in one piece with another request, whose response still has the socket. No client sends that.
        counts.closed.pipelined++;
        return socket.destroy();
      }
      // No parser reads from this socket any more: a refusal is its end.
      response.on('finish', () => socket.destroySoon());
      this.#waiting.set(request, { socket, head, response });
      server.routing(request, response);
    });
  }

  /** Whether the request asks for an upgrade and no route has taken its socket yet. */
  readonly isWaiting = (request: IncomingMessage): boolean => this.#waiting.has(request);

  /** Takes the socket of an upgrade request; undefined: the request asks for none. */
  take(request: IncomingMessage): UpgradeSocket | undefined {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    waiting?.response.detachSocket(waiting.socket);
    return waiting;
  }
}
