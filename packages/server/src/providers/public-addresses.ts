import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';

/** IPv4 networks that are not part of the public internet (IANA's special-purpose registry, multicast and reserved ones). */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** The only IPv6 network of public addresses: loopback, mapped IPv4, translated IPv4, local and multicast ones lie outside. */
const GLOBAL_IPV6 = ['2000::/3'];
/** And what in it is none: protocol assignments with Teredo, documentation, 6to4. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

const specialIpv4 = listOf(SPECIAL_IPV4, 'ipv4');
const globalIpv6 = listOf(GLOBAL_IPV6, 'ipv6');
const specialIpv6 = listOf(SPECIAL_IPV6, 'ipv6');

/** Whether an IP address is one of the public internet; false for what is no IP address. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !specialIpv4.check(address, 'ipv4');
  return isIP(address) === 6 && globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
}

/** A connection was refused because its address is not one of the public internet. */
class PrivateAddressError extends Error {
  readonly isPrivateAddress = true;
  override readonly name = 'PrivateAddressError';
}

/** Whether a request failed because of a `PrivateAddressError`. Looks through causes. */
export function isPrivateAddressError(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) if ('isPrivateAddress' in error) return true;
  return false;
}

export interface PublicAgentOptions extends Pick<Agent.Options, 'headersTimeout' | 'bodyTimeout'> {
  readonly connectMs: number;
  /** Default: `isPublicAddress`. */
  readonly isAllowed?: ((address: string) => boolean) | undefined;
}

/**
 * Connections to the public internet alone. What a name resolves to is checked as part of connecting to it, each time: an
 * answer that changes between a check and the connection is of no use. Every address of a name must be allowed.
 */
export function createPublicAgent({ connectMs, isAllowed = isPublicAddress, ...options }: PublicAgentOptions): Agent {
  const refusal = (host: string) => new PrivateAddressError(`${host} is not a public address`);
  const lookupAllowed: LookupFunction = (hostname, lookupOptions, callback) => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? refusal(hostname), '');
      if (!addresses.every(({ address }) => isAllowed(address))) return callback(refusal(hostname), '');
      if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ timeout: connectMs, lookup: lookupAllowed });
  return new Agent({
    ...options,
    connect: (target, callback) => {
      // An address in the URL itself is not looked up.
      const isRefused = isIP(target.hostname) !== 0 && !isAllowed(target.hostname);
      if (isRefused) callback(refusal(target.hostname), null);
      else connect(target, callback);
    },
  });
}
