import { LIMITS } from '@darkroom/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { formatBytes } from './format-bytes.ts';
import { sendPicture } from './send-picture.ts';

export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const MEGA = 1_000_000;

/** A picture of this device, on its way to the server or there. */
interface LocalPicture {
  readonly name: string;
  /** For `<img>`. */
  readonly preview: string;
  /** What is sent of it, 0–1. */
  readonly part: number;
  /** Its address on the server, once it is there. */
  readonly url: string | undefined;
  readonly pixels: { readonly width: number; readonly height: number };
}

/** Why a file cannot be the picture, as far as that is known without looking into it. */
function fileProblem(file: File): string | undefined {
  if (!PICTURE_TYPES.includes(file.type)) return t('picture.type');
  if (file.size <= LIMITS.uploadBytes) return undefined;
  return t('picture.large', { size: formatBytes(file.size), max: formatBytes(LIMITS.uploadBytes) });
}

/** The picture's size, or why it cannot be used. */
async function measured(preview: string): Promise<{ width: number; height: number } | string> {
  const image = new Image();
  image.src = preview;
  try {
    await image.decode();
  } catch {
    return t('picture.broken');
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  if (width * height <= LIMITS.uploadPixels) return { width, height };
  const pixels = Math.ceil((width * height) / MEGA);
  return t('picture.pixels.many', { pixels, max: LIMITS.uploadPixels / MEGA });
}

interface Uploading {
  readonly onUploaded: (url: string) => void;
  readonly onSending: (sending: boolean) => void;
}

/** Checks a picture, sends it, and tells how far it is. A new one replaces the one before. */
export function usePictureUpload({ onUploaded, onSending }: Uploading) {
  const [local, setLocal] = useState<LocalPicture>();
  const [problem, setProblem] = useState<string>();
  const current = useRef<{ stop: () => void }>({ stop: () => {} });

  const drop = useCallback(() => {
    current.current.stop();
    setLocal(undefined);
    setProblem(undefined);
  }, []);

  const send = useCallback(
    async (file: File) => {
      drop();
      const wrong = fileProblem(file);
      if (wrong !== undefined) return setProblem(wrong);
      const preview = URL.createObjectURL(file);
      const sending = new AbortController();
      const { signal } = sending;
      current.current = {
        stop: () => {
          if (signal.aborted) return;
          sending.abort();
          URL.revokeObjectURL(preview);
          onSending(false);
        },
      };
      const fail = (text: string) => {
        if (signal.aborted) return;
        drop();
        setProblem(text);
      };
      const pixels = await measured(preview);
      if (typeof pixels === 'string') return fail(pixels);
      if (signal.aborted) return;
      const base = { name: file.name, preview, pixels };
      setLocal({ ...base, part: 0, url: undefined });
      onSending(true);
      try {
        const { url } = await sendPicture(file, (part) => setLocal({ ...base, part, url: undefined }), signal);
        if (signal.aborted) return;
        setLocal({ ...base, part: 1, url });
        onSending(false);
        onUploaded(url);
      } catch (cause) {
        const { message, advice } = requestFailure(cause);
        fail(`${message} ${advice}`);
      }
    },
    [drop, onSending, onUploaded],
  );

  useEffect(() => () => current.current.stop(), []);

  return { local, problem, send, drop };
}
