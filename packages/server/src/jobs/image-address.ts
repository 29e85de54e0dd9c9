import { createHash } from 'node:crypto';
import type { ImageKey, ImageKind } from '../images.ts';
import type { EncodedImage } from '../provider.ts';

const EXTENSIONS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' } as const;
const JOB_PICTURE = /^\/api\/jobs\/([\w-]{22})\/(images|frames|inputs)\/(\d{1,9}-[0-9a-f]{12}\.(?:jpg|png|webp))$/;
const UPLOAD = /^\/api\/uploads\/([\w-]{30}|[\w-]{22})$/;
const UPLOAD_NAME = 'picture.png';

/** What is shown instead of a picture while no backend works. */
export const PLACEHOLDER_URL = '/api/placeholders/no-backend.png';

/** Where a picture of a job is kept: the `number` and a digest of its bytes make the name. */
export function jobImageKey(jobId: string, kind: ImageKind, number: number, image: EncodedImage): ImageKey {
  const digest = createHash('sha256').update(image.bytes).digest('hex').slice(0, 12);
  return { ownerId: jobId, kind, name: `${number}-${digest}.${EXTENSIONS[image.type]}` };
}

/** Where an upload is kept. */
export const uploadKey = (uploadId: string): ImageKey => ({ ownerId: uploadId, kind: 'uploads', name: UPLOAD_NAME });

/** The path of a picture on this server. */
export function imageUrl({ ownerId, kind, name }: ImageKey): string {
  return kind === 'uploads' ? `/api/uploads/${ownerId}` : `/api/jobs/${ownerId}/${kind}/${name}`;
}

/** The picture at a path of this server; undefined for any other path. */
export function parseImageUrl(url: string): ImageKey | undefined {
  const uploadId = UPLOAD.exec(url)?.[1];
  if (uploadId !== undefined) return uploadKey(uploadId);
  const [, ownerId, kind, name] = JOB_PICTURE.exec(url) ?? [];
  if (ownerId === undefined || name === undefined) return undefined;
  if (kind !== 'images' && kind !== 'frames' && kind !== 'inputs') return undefined;
  return { ownerId, kind, name };
}
