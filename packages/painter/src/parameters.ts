/** What a picture was made from. */
export interface Parameters {
  readonly prompt: string;
  readonly steps: number;
  readonly seed: number;
  readonly size: number;
  /** Style it was painted in. */
  readonly style: string;
}

/** The `parameters` text of a picture, in the form AUTOMATIC1111's web UI writes and other tools read. */
export function parametersText({ prompt, steps, seed, size, style }: Parameters): string {
  return `${prompt}\nSteps: ${steps}, Sampler: sketch, Seed: ${seed}, Size: ${size}x${size}, Model: sketch, Style: ${style}, Version: Darkroom 0.1.0`;
}
