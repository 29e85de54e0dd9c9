/** How large an image of a backend may be. */
export interface ImageBounds {
  readonly bytes: number;
  /** Width times height. */
  readonly pixels: number;
}

/** Bounds of a finished image, enlarged ones included. */
export const RESULT_BOUNDS: ImageBounds = { bytes: 64 * 1024 * 1024, pixels: 100_000_000 };

/** Bounds of a preview. */
export const PREVIEW_BOUNDS: ImageBounds = { bytes: 16 * 1024 * 1024, pixels: 50_000_000 };
