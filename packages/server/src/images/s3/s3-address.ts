import type { AwsKeys } from '../../config.ts';
import type { ImageKey } from '../../images.ts';
import type { S3ImagesConfig } from './s3-images-config.ts';

/** What every client of the bucket has in common; `endpoint` undefined: Amazon's. */
export function clientSettings(
  { region, forcePathStyle }: S3ImagesConfig,
  endpoint: URL | undefined,
  keys: AwsKeys | undefined,
) {
  return {
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint: endpoint.href }),
    ...(keys !== undefined && { credentials: keys }),
    // Many servers other than Amazon's refuse checksums that they do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
}

/** Where a picture is, below the prefix. */
export function keyPath({ ownerId, kind, name }: ImageKey): string {
  return kind === 'uploads' ? `uploads/${ownerId}/${name}` : `jobs/${ownerId}/${kind}/${name}`;
}
