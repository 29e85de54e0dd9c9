import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { AwsKeys } from '../../config.ts';
import { GrowingBuffer } from '../../growing-buffer.ts';
import type { DirectDelivery, ImageKey, Images } from '../../images.ts';
import type { EncodedImage, ImageType } from '../../provider.ts';
import { StorageError } from '../../storage-error.ts';
import { clientSettings, keyPath } from './s3-address.ts';
import { statusOf, toS3Error } from './s3-error.ts';
import type { S3ImagesConfig } from './s3-images-config.ts';
import { createS3Links } from './s3-links.ts';

/** Tries of one request, the first included. PUT, GET and DELETE of a key may be repeated. */
const TRIES = 5;
const CHECK_MS = 5_000;
/** All tries together. */
const REQUEST_MS = 60_000;
/** The wait for a free connection counts. */
const TIMEOUTS = {
  connectionTimeout: 10_000,
  requestTimeout: 30_000,
  throwOnRequestTimeout: true,
  socketTimeout: 20_000,
} as const;
const MAX_SOCKETS = 128;
/** Most names that S3 takes in one deletion. */
const BATCH = 1_000;
const IMMUTABLE = 'public, max-age=31536000, immutable';
const TYPES: readonly ImageType[] = ['image/jpeg', 'image/png', 'image/webp'];

/**
 * Pictures in an S3 bucket: `<prefix>jobs/<id>/<kind>/<name>`, and `<prefix>uploads/<id>/<name>`. S3 shows an object whole
 * or not at all, and a PUT it answered is there for every reader. Keys come from `keys`, or else from where the AWS SDK finds them.
 */
export class S3Images implements Images {
  readonly direct?: DirectDelivery;
  readonly #client: S3Client;
  readonly #config: S3ImagesConfig;

  private constructor(config: S3ImagesConfig, keys: AwsKeys | undefined, direct: DirectDelivery | undefined) {
    this.#config = config;
    if (direct !== undefined) this.direct = direct;
    const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#client = new S3Client({
      ...clientSettings(config, config.endpoint, keys),
      maxAttempts: TRIES,
      requestHandler: { ...TIMEOUTS, httpAgent: agent, httpsAgent: agent },
    });
  }

  /** Asks the storage nothing yet: `check` does. */
  static async open(config: S3ImagesConfig, keys?: AwsKeys): Promise<S3Images> {
    return new S3Images(config, keys, config.delivery === 'redirect' ? await createS3Links(config, keys) : undefined);
  }

  async put(key: ImageKey, image: EncodedImage): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#at(keyPath(key)),
      Body: image.bytes,
      ContentType: image.type,
      ...(key.kind !== 'uploads' && { CacheControl: IMMUTABLE }),
    });
    await this.#client.send(command, within(REQUEST_MS)).catch((thrown: unknown) => {
      throw toS3Error('cannot store the picture', thrown);
    });
  }

  async get(key: ImageKey): Promise<EncodedImage | undefined> {
    try {
      const { Body, ContentType } = await this.#client.send(
        new GetObjectCommand(this.#at(keyPath(key))),
        within(REQUEST_MS),
      );
      const bytes = Body instanceof Readable ? await readAll(Body) : undefined;
      const type = TYPES.find((known) => known === ContentType);
      return bytes === undefined || type === undefined ? undefined : { bytes, type };
    } catch (thrown) {
      if (statusOf(thrown) === 404 && !isNoBucket(thrown)) return undefined;
      throw toS3Error('cannot read the picture', thrown);
    }
  }

  deleteJob(jobId: string): Promise<void> {
    return this.#deleteAll(`jobs/${jobId}/`);
  }

  async listUploads(): Promise<readonly string[]> {
    const Prefix = `${this.#config.prefix}uploads/`;
    const ids: string[] = [];
    for (let ContinuationToken: string | undefined, more = true; more; more = ContinuationToken !== undefined) {
      const page = await this.#list({ Prefix, Delimiter: '/', ContinuationToken });
      for (const folder of page.CommonPrefixes ?? []) ids.push((folder.Prefix ?? '').slice(Prefix.length, -1));
      ContinuationToken = page.NextContinuationToken;
    }
    return ids;
  }

  deleteUpload(uploadId: string): Promise<void> {
    return this.#deleteAll(`uploads/${uploadId}/`);
  }

  /** Writes: a bucket that may only be read is of no use. */
  async check(): Promise<void> {
    try {
      const command = new PutObjectCommand({ ...this.#at('.check'), Body: 'ok', ContentType: 'text/plain' });
      await this.#client.send(command, within(CHECK_MS));
    } catch (thrown) {
      throw toS3Error('cannot store pictures', thrown);
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #at(path: string) {
    return { Bucket: this.#config.bucket, Key: this.#config.prefix + path };
  }

  async #list(request: Omit<ListObjectsV2CommandInput, 'Bucket'>): Promise<ListObjectsV2CommandOutput> {
    try {
      const command = new ListObjectsV2Command({ Bucket: this.#config.bucket, ...request });
      return await this.#client.send(command, within(REQUEST_MS));
    } catch (thrown) {
      throw toS3Error('cannot list the pictures', thrown);
    }
  }

  /** Each page is the first one: what came before it is gone. */
  async #deleteAll(folder: string): Promise<void> {
    for (let more = true; more; ) {
      const { Contents, IsTruncated } = await this.#list({ Prefix: this.#config.prefix + folder, MaxKeys: BATCH });
      const keys = (Contents ?? []).map(({ Key }) => ({ Key }));
      if (keys.length > 0) await this.#deleteBatch(keys);
      more = IsTruncated === true;
    }
  }

  async #deleteBatch(keys: { Key: string | undefined }[]): Promise<void> {
    const command = new DeleteObjectsCommand({ Bucket: this.#config.bucket, Delete: { Objects: keys, Quiet: true } });
    const { Errors } = await this.#client.send(command, within(REQUEST_MS)).catch((thrown: unknown) => {
      throw toS3Error('cannot delete the pictures', thrown);
    });
    const failed = Errors?.[0];
    if (failed !== undefined)
      throw new StorageError(`cannot delete the pictures: the object storage says ${failed.Code ?? 'nothing more'}`);
  }
}

const isNoBucket = (thrown: unknown) => thrown instanceof Error && thrown.name === 'NoSuchBucket';

/** The SDK's own way keeps a list of the pieces. */
async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const whole = new GrowingBuffer();
  for await (const piece of body) whole.add(piece);
  return new Uint8Array(whole.release().buffer);
}

const within = (ms: number) => ({ abortSignal: AbortSignal.timeout(ms) });
