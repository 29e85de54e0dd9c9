import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import { normalizeIP } from '@fastify/rate-limit';
import type { TrustProxy } from '../config.ts';

/** The part of a request that says where it is from. */
export interface AddressedRequest extends Pick<IncomingMessage, 'headers'> {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
}

/** Headers that proxies add: a request that has one of them did not start on this machine, whatever its peer is. */
const PROXY_HEADERS = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'];

/** An IPv4 address with or without a port, or an IPv6 address in brackets. */
const WITH_PORT = /^(?:(?<v4>[\d.]+)(?::\d{1,5})?|\[(?<v6>[^\]]+)\](?::\d{1,5})?)$/;

/** The IP address that an entry of `X-Forwarded-For` names, without port, brackets and zone; undefined: it names none. */
function toIp(entry: string): string | undefined {
  const { v4, v6 } = WITH_PORT.exec(entry)?.groups ?? {};
  const address = (v4 ?? v6 ?? entry).replace(/%[\w.-]+$/, '');
  return isIP(address) === 0 ? undefined : address;
}

const lastOf = (header: string | string[] | undefined) =>
  typeof header === 'string' ? header.split(',').at(-1)?.trim() : undefined;

/**
 * Where clients are, behind trusted proxies: one answer for Fastify's routes and for the WebSocket handshake.
 * `X-Forwarded-For` is read from its end, one entry for each trusted proxy, because clients write the entries before those.
 */
export class ClientAddresses {
  readonly #trusts: (ip: string, hop: number) => boolean;

  constructor(proxies: TrustProxy) {
    this.#trusts = typeof proxies === 'number' ? (_ip, hop) => hop < proxies : compile([...proxies]);
  }

  /** Whether the peer at this address is a trusted proxy, with `hop` other proxies between it and this server. */
  readonly trusts = (address: string | undefined, hop: number): boolean => {
    const ip = toIp(address ?? '');
    return ip !== undefined && this.#trusts(ip, hop);
  };

  /** Whether the request came from a trusted proxy: only then its other headers about the client are believed. */
  isFromProxy({ socket }: Pick<AddressedRequest, 'socket'>): boolean {
    return this.trusts(socket.remoteAddress, 0);
  }

  /**
   * The client under which limits count the request: its IPv4 address, or the /64 network of its IPv6 address, because
   * one host may use all addresses of that. An entry that is no address ends the reading: its sender is counted.
   */
  limitKey({ headers, socket }: AddressedRequest): string {
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
    let client = toIp(socket.remoteAddress ?? '');
    for (let hop = 0; client !== undefined && this.#trusts(client, hop); hop++) {
      const before = toIp(forwarded.pop()?.trim() ?? '');
      if (before === undefined) break;
      client = before;
    }
    return client === undefined ? 'unknown' : normalizeIP(client);
  }

  /** Whether the client is on this machine, with no proxy in between. */
  isLocal({ headers, socket }: AddressedRequest): boolean {
    const ip = normalizeIP(toIp(socket.remoteAddress ?? '') ?? '', 128);
    const isLoopback = ip === '::1' || /^127\./.test(ip);
    return isLoopback && PROXY_HEADERS.every((name) => headers[name] === undefined);
  }

  /** Whether the client's connection is https, as the trusted proxy says: this server itself speaks http. */
  isHttps(request: AddressedRequest): boolean {
    const scheme = lastOf(request.headers['x-forwarded-proto']);
    return this.isFromProxy(request) && (scheme === 'https' || scheme === 'wss');
  }
}
