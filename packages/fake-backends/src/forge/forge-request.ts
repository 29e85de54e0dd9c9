import * as z from 'zod';

/** The fields of a generation request that the fake heeds; the real one ignores unknown ones too. */
export const GenerationRequest = z.looseObject({
  prompt: z.string().default(''),
  negative_prompt: z.string().default(''),
  seed: z.int().default(-1),
  steps: z.int().default(50),
  width: z.int().default(512),
  height: z.int().default(512),
  batch_size: z.int().default(1),
  n_iter: z.int().default(1),
  send_images: z.boolean().default(true),
  force_task_id: z.string().nullish(),
  override_settings: z.record(z.string(), z.unknown()).nullish(),
  init_images: z.array(z.string()).nullish(),
});
export type GenerationRequest = z.infer<typeof GenerationRequest>;

/** Body of `POST /internal/progress`. */
export const TaskQuestion = z.looseObject({
  id_task: z.string().nullish(),
  id_live_preview: z.int().default(-1),
  live_preview: z.boolean().default(true),
});
export type TaskQuestion = z.infer<typeof TaskQuestion>;

/** How FastAPI says that a body is not of the right form (422). */
export function validationDetail(error: z.ZodError): unknown {
  return error.issues.map(({ path, message }) => ({ loc: ['body', ...path], msg: message, type: 'value_error' }));
}

/** Who answers: their error bodies differ. */
export type ForgeFlavour = 'forge' | 'a1111';

/** Body of an answer that an `HTTPException` makes. */
export function refusalBody(flavour: ForgeFlavour, detail: string): unknown {
  return flavour === 'forge' ? { detail } : { error: 'HTTPException', detail, body: '', errors: '' };
}

/** Body of a 500 that any other exception makes. */
export function crashBody(flavour: ForgeFlavour, error: string, message: string): unknown {
  const common = { error, detail: '', body: '' };
  return flavour === 'forge' ? { ...common, message } : { ...common, errors: message };
}
