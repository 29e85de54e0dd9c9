import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { AwsKeys } from '../../config.ts';
import { DIRECT_URL_MS, type DirectDelivery } from '../../images.ts';
import { clientSettings, keyPath } from './s3-address.ts';
import { toS3Error } from './s3-error.ts';
import type { S3ImagesConfig } from './s3-images-config.ts';

/** Addresses are signed as of the last quarter of an hour: everybody gets the same one, which a browser has then cached. */
const WINDOW_MS = DIRECT_URL_MS;
const EXPIRES_SECONDS = (WINDOW_MS + DIRECT_URL_MS) / 1_000;

/** Signed addresses of pictures, as browsers reach the storage. Nothing is asked of it. */
export async function createS3Links(config: S3ImagesConfig, keys: AwsKeys | undefined): Promise<DirectDelivery> {
  const endpoint = config.publicEndpoint ?? config.endpoint;
  const client = new S3Client(clientSettings(config, endpoint, keys));
  const get = (path: string) => ({ Bucket: config.bucket, Key: config.prefix + path });
  // The client knows best which host a bucket has. Any keys will do to be told.
  const anyone = new S3Client(clientSettings(config, endpoint, { accessKeyId: 'none', secretAccessKey: 'none' }));
  const { origin } = new URL(await getSignedUrl(anyone, new GetObjectCommand(get('none'))));
  return {
    origin,
    urlFor(key, disposition) {
      const command = new GetObjectCommand({ ...get(keyPath(key)), ResponseContentDisposition: disposition });
      const signingDate = new Date(Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS);
      return getSignedUrl(client, command, { expiresIn: EXPIRES_SECONDS, signingDate }).catch((thrown: unknown) => {
        throw toS3Error('cannot give the picture’s address', thrown);
      });
    },
  };
}
