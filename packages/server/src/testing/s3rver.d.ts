/** The part of s3rver that the tests use; the package brings no types of its own. */
declare module '@20minutes/s3rver' {
  export interface S3rverOptions {
    readonly address: string;
    readonly port: number;
    readonly silent: boolean;
    readonly directory: string;
    readonly vhostBuckets: boolean;
  }
  export interface S3rverContext {
    readonly method: string;
    readonly req: import('node:http').IncomingMessage;
    readonly path: string;
    mountPath?: string;
    readonly state: { vhost?: boolean };
  }
  export default class S3rver {
    constructor(options: S3rverOptions);
    readonly httpServer: import('node:http').Server;
    /** Koa's, in order; the last one is the router. */
    readonly middleware: ((context: S3rverContext, next: () => Promise<void>) => Promise<void>)[];
    run(): Promise<import('node:net').AddressInfo>;
    close(): Promise<void>;
  }
}
