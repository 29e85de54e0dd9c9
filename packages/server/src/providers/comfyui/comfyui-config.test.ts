import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseComfyuiConfig } from './comfyui-config.ts';
import { TEXT_TO_IMAGE } from './comfyui-workflow.ts';

const parse = (text: string) => parseComfyuiConfig(new URL(text));
const errorOf = (text: string): string => {
  try {
    parse(text);
    return 'no error';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

const SAVE = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } };
const node = (inputs: object, title?: string) => ({
  class_type: 'Anything',
  inputs,
  ...(title !== undefined && { _meta: { title } }),
});
const GOOD = { 1: node({ text: '{{prompt}}', edge: '{{size}}' }), 9: SAVE };
const GOOD_IMAGE = { 1: node({ text: '{{prompt}}', image: '{{image}}', denoise: '{{strength}}' }), 9: SAVE };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'darkroom-workflow-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, 'workflow.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('comfyui URL', () => {
  it('has defaults', () => {
    const config = parse('comfyui+http://127.0.0.1:8188');
    expect(config).toMatchObject({
      name: 'comfyui',
      concurrency: 1,
      timeoutMs: 600_000,
      checkpoint: undefined,
      textToImage: TEXT_TO_IMAGE,
    });
    expect(config.base.href).toBe('http://127.0.0.1:8188/');
    expect(config.imageToImage).toBeDefined();
  });

  it('takes its options, a path, and credentials for a proxy', () => {
    const options = 'name=big&concurrency=2&timeoutMs=5000&checkpoint=a.safetensors&scheduler=karras';
    const config = parse(`comfyui+https://me:secret@gpu.example/comfy?${options}`);
    expect(config).toMatchObject({ name: 'big', concurrency: 2, checkpoint: 'a.safetensors', scheduler: 'karras' });
    expect(config.base.href).toBe('https://gpu.example/comfy');
    expect(config.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
  });

  it('takes workflows; without one for pictures it cannot begin with a picture', () => {
    const own = parse(`comfyui+http://h:1?workflow=${file(GOOD)}`);
    expect(own.textToImage.saveNode).toBe('9');
    expect(own.imageToImage).toBeUndefined();
    const image = parse(`comfyui+http://h:1?img2imgWorkflow=${file(GOOD_IMAGE)}`);
    expect(image.textToImage).toBe(TEXT_TO_IMAGE);
    expect(image.imageToImage?.placeholders).toContain('strength');
  });

  it.each([
    [
      '?speed=1',
      'comfyui: unknown option "speed"; it knows name, concurrency, timeoutMs, at, workflow, img2imgWorkflow, checkpoint, scheduler',
    ],
    ['?concurrency=0', 'comfyui: concurrency must be a whole number from 1 to 64, got "0"'],
    ['?checkpoint=', 'comfyui: checkpoint must be the name of a checkpoint file, got ""'],
    ['?workflow=/nowhere.json', 'comfyui: workflow "/nowhere.json" cannot be read (ENOENT)'],
  ])('%s: one line that names the bad part', (options, message) => {
    expect(errorOf(`comfyui+http://h:1${options}`)).toBe(message);
  });

  it('another kind of address', () => {
    expect(errorOf('comfyui+ftp://h')).toMatch(/^comfyui: expected comfyui\+http/);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'is not JSON'],
    ['the editor’s format', { nodes: [], links: [] }, 'is in the editor’s format: use “Export (API)” in ComfyUI'],
    ['no nodes', [1], 'is not a workflow in API format: expected nodes by id'],
    ['a node without class', { 1: { inputs: {} } }, 'is not a workflow in API format: see "1.class_type"'],
    [
      'a placeholder it does not know',
      { ...GOOD, 2: node({ a: '{{promt}}' }) },
      'has an unknown placeholder {{promt}}; it may have prompt, negative,',
    ],
    ['no prompt', { 1: node({ edge: '{{size}}' }), 9: SAVE }, 'has no placeholder {{prompt}}'],
    [
      'no size',
      { 1: node({ text: '{{prompt}}', w: '{{width}}' }), 9: SAVE },
      'has no placeholder {{size}} or {{height}}',
    ],
    [
      'a number that is none',
      { ...GOOD, 2: node({ cfg: '{{cfg|high}}' }) },
      'has {{cfg|high}}: the default must be a number',
    ],
    ['nothing saved', { 1: GOOD[1] }, 'has no SaveImage node, and no node with the title "Darkroom"'],
    [
      'two that save',
      { ...GOOD, 10: SAVE },
      'has several nodes that save: give the one that counts the title "Darkroom"',
    ],
  ])('a workflow with %s', (_, content, message) => {
    const path = file(content);
    const error = errorOf(`comfyui+http://h:1?workflow=${path}`);
    expect(error).toContain(`comfyui: workflow "${path}" ${message}`);
    expect(error).not.toContain('\n');
  });

  it('a workflow for pictures needs the picture and the strength', () => {
    const path = file(GOOD);
    expect(errorOf(`comfyui+http://h:1?img2imgWorkflow=${path}`)).toBe(
      `comfyui: img2imgWorkflow "${path}" has no placeholder {{image}}`,
    );
  });
});
