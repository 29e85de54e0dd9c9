import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ComfyPrompt, SavedFile } from './comfy-prompt.ts';

/** The folders `input`, `output` and `temp` of a ComfyUI server. They outlive its process. */
export class ComfyFiles {
  readonly #files = new Map<string, Uint8Array>();
  #saved = 0;

  /** Names in the folder `input`, as `LoadImage` takes them. */
  inputNames(): string[] {
    const names = [...this.#files.keys()].filter((path) => path.startsWith('input/'));
    return names.map((path) => path.slice('input/'.length));
  }

  read({ filename, subfolder, type }: { filename: string; subfolder: string; type: string }): Uint8Array | undefined {
    return this.#files.get(pathOf(type, subfolder, filename));
  }

  /** Keeps a node's picture: `SaveImage` on disk for good, `PreviewImage` in `temp`. */
  save({ graph }: ComfyPrompt, node: string, picture: Uint8Array): SavedFile {
    const { class_type, inputs = {} } = graph[node] ?? {};
    const prefix = String(inputs['filename_prefix'] ?? 'ComfyUI').split('/');
    const number = String(++this.#saved).padStart(5, '0');
    const filename = `${prefix.at(-1) ?? ''}_${number}_.png`;
    const type = class_type === 'PreviewImage' ? 'temp' : 'output';
    const file: SavedFile = { filename, subfolder: prefix.slice(0, -1).join('/'), type };
    this.#files.set(pathOf(type, file.subfolder, filename), picture);
    return file;
  }

  /** `POST /upload/image`: the same name with other bytes gets a number. Undefined: no file in the form. */
  async upload(request: IncomingMessage): Promise<object | undefined> {
    const form = await readForm(request);
    const image = form.get('image');
    if (!(image instanceof File)) return undefined;
    const bytes = new Uint8Array(await image.arrayBuffer());
    const type = textOf(form, 'type') ?? 'input';
    const subfolder = textOf(form, 'subfolder') ?? '';
    const [stem, extension] = splitName(image.name);
    let name = image.name;
    const overwrites = ['true', '1'].includes(textOf(form, 'overwrite') ?? '');
    for (let i = 1; !overwrites && this.#isOther(pathOf(type, subfolder, name), bytes); i++)
      name = `${stem} (${i})${extension}`;
    this.#files.set(pathOf(type, subfolder, name), bytes);
    return { name, subfolder, type };
  }

  #isOther(path: string, bytes: Uint8Array): boolean {
    const there = this.#files.get(path);
    return there !== undefined && digest(there) !== digest(bytes);
  }

  wipeTemp(): void {
    for (const path of [...this.#files.keys()]) if (path.startsWith('temp/')) this.#files.delete(path);
  }
}

const pathOf = (type: string, subfolder: string, name: string) => [type, subfolder, name].filter(Boolean).join('/');
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function textOf(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === 'string' ? value : undefined;
}

function splitName(name: string): [string, string] {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}

async function readForm(request: IncomingMessage): Promise<FormData> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  return new Response(Buffer.concat(chunks), { headers }).formData().catch(() => new FormData());
}
