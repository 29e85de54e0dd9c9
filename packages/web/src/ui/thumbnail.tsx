import type { Job } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ImageOff } from 'lucide-react';
import { useState } from 'react';

interface ThumbnailProps {
  readonly job: Pick<Job, 'previewUrl' | 'resultUrls' | 'status'>;
  readonly small?: boolean;
  readonly className?: string;
}

/** A job's picture in a list, beside its prompt: decoration, so it has no text of its own. */
export function Thumbnail({ job, small = false, className }: ThumbnailProps) {
  // The last preview shows the same as the picture, in a tenth of its bytes.
  const src = job.previewUrl ?? job.resultUrls?.[0];
  const [brokenSrc, setBrokenSrc] = useState<string>();
  const waiting = job.status === 'queued' || job.status === 'running' || job.status === 'uploading';
  if (src === undefined || src === brokenSrc) {
    return (
      <div className={clsx('grid place-items-center bg-sunken text-border-strong', waiting && 'shimmer', className)}>
        {!waiting && <ImageOff aria-hidden="true" className={small ? 'size-4' : 'size-6'} />}
      </div>
    );
  }
  return (
    <img
      src={src}
      alt=""
      loading="lazy"
      decoding="async"
      onError={() => setBrokenSrc(src)}
      className={clsx('bg-sunken object-cover', className)}
    />
  );
}
