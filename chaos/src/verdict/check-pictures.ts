import type { ProgressEvent } from '@darkroom/protocol';
import sharp from 'sharp';

const AT_ONCE = 8;

async function pictureError(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    if (!response.ok) return `${url}: ${response.status}`;
    await sharp(await response.bytes(), { failOn: 'warning' })
      .raw()
      .toBuffer();
    return undefined;
  } catch (thrown) {
    return `${url}: ${thrown instanceof Error ? thrown.message : thrown}`;
  }
}

/** Every picture that these events tell of: previews and results. */
export function pictureUrls(events: readonly ProgressEvent[]): readonly string[] {
  return [...new Set(events.flatMap(({ previewUrl, resultUrls = [] }) => [previewUrl ?? [], resultUrls].flat()))];
}

/** Opens every picture and decodes it; what is wrong with those that are not whole. */
export async function pictureErrors(base: string, paths: readonly string[]): Promise<readonly string[]> {
  const errors: string[] = [];
  const left = [...paths];
  const look = async () => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      const error = await pictureError(base + path);
      if (error !== undefined) errors.push(error);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return errors;
}
