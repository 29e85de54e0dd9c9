import { isIPv4, isIPv6 } from 'node:net';

/** A `Host` header: a name, an IPv4 address or an IPv6 address in brackets, and a port where it is not the scheme's own. */
const HOST = /^(?<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)(?::(?<port>\d{1,5}))?$/i;
const MAX_PORT = 65_535;

/** The name or address of a `Host` header in lower case, an IPv6 address in its brackets; undefined: the header is malformed. */
export function hostName(host: string): string | undefined {
  const { name, port = '0' } = HOST.exec(host)?.groups ?? {};
  if (name === undefined || Number(port) > MAX_PORT) return undefined;
  return name.startsWith('[') && !isIPv6(name.slice(1, -1)) ? undefined : name.toLowerCase();
}

const isIpLiteral = (name: string) => name.startsWith('[') || isIPv4(name);
const isLocalhost = (name: string) => name === 'localhost' || name.endsWith('.localhost');

/**
 * Host names under which this server answers. A page whose name in DNS is changed to this server's address (DNS
 * rebinding) has the same origin as the server, but its name is not one of these. An attacker can register
 * neither an IP address nor `localhost` in DNS.
 */
export class HostPolicy {
  readonly #names: ReadonlySet<string>;
  /** Ends of allowed names, each with its leading dot. */
  readonly #suffixes: readonly string[];

  /** `allowed` as in `ALLOWED_HOSTS`: names in lower case, `*.name` for the subdomains of a name, `*` for every name. */
  constructor(allowed: readonly string[], publicUrl: URL | undefined) {
    this.#names = new Set(publicUrl === undefined ? allowed : [...allowed, publicUrl.hostname]);
    this.#suffixes = allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  }

  /** Whether the server answers under `name`, which is one of `hostName`. */
  allows(name: string): boolean {
    return (
      isIpLiteral(name) ||
      isLocalhost(name) ||
      this.#names.has(name) ||
      this.#names.has('*') ||
      this.#suffixes.some((suffix) => name.endsWith(suffix))
    );
  }
}
