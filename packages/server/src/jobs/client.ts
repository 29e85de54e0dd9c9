/** Who makes a request, as limits see it. */
export interface Client {
  /** The identity that the request proved; undefined: none. */
  readonly owner: string | undefined;
  /** The address, or the network, that it comes from; undefined: a user whom the proxy names has no limits by address. */
  readonly address: string | undefined;
  /** On this machine, with no proxy in between: it has no limits, since nothing keeps it from the whole machine. */
  readonly isLocal: boolean;
}

/** The names under which limits count a client: its identity and its address. Other clients may share one of them. */
export function limitKeys({ owner, address }: Omit<Client, 'isLocal'>): readonly string[] {
  return [...(owner === undefined ? [] : [`owner ${owner}`]), ...(address === undefined ? [] : [`address ${address}`])];
}
