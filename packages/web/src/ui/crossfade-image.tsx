import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useDecodedImage } from '../lib/use-decoded-image.ts';

interface CrossfadeImageProps {
  readonly src: string | undefined;
  readonly alt: string;
  /** Shown until there is a first picture. */
  readonly placeholder: ReactNode;
  /** A replay cuts from frame to frame: fades would blur it. */
  readonly instant: boolean;
}

/** A picture that changes: the new one fades in over the old one once it is decoded, so there is never a flash. */
export function CrossfadeImage({ src, alt, placeholder, instant }: CrossfadeImageProps) {
  const { below, top } = useDecodedImage(src);
  if (top === undefined) return placeholder;
  return (
    <>
      {below !== undefined && <img src={below} alt="" className="absolute inset-0 size-full object-contain" />}
      <img
        key={instant ? 'instant' : top}
        src={top}
        alt={alt}
        className={clsx('absolute inset-0 size-full object-contain', !instant && 'animate-fade-in')}
      />
    </>
  );
}
