import { describe, expect, it } from 'vitest';
import type { GenerateRequest } from '../provider.ts';
import { takeFixedInput } from './fixed-input.ts';
import { ModelInput } from './model-input.ts';
import { type InputFields, OpenApi, readInputFields } from './model-schema.ts';

const request: GenerateRequest = {
  prompt: 'a boat',
  negativePrompt: undefined,
  size: 768,
  steps: 20,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 9,
  input: undefined,
};

function fieldsOf(properties: object, others: object = {}): InputFields {
  const document = OpenApi.parse({ components: { schemas: { Input: { properties }, ...others } } });
  return readInputFields(document, 'Input') ?? new Map();
}

describe('ModelInput', () => {
  it('says width, height and the rest to a model of the SDXL kind', () => {
    const fields = fieldsOf(
      {
        prompt: { type: 'string' },
        negative_prompt: { type: 'string' },
        width: { type: 'integer', maximum: 1024 },
        height: { type: 'integer', maximum: 1024 },
        num_outputs: { type: 'integer' },
        scheduler: { allOf: [{ $ref: '#/components/schemas/scheduler' }] },
        num_inference_steps: { type: 'integer', minimum: 1, maximum: 500 },
        guidance_scale: { type: 'number', minimum: 1, maximum: 20 },
        image: { type: 'string', format: 'uri' },
        prompt_strength: { type: 'number' },
        seed: { type: 'integer' },
      },
      { scheduler: { type: 'string', enum: ['DDIM', 'K_EULER'] } },
    );
    const model = new ModelInput(fields, {});
    expect(model.capabilities).toEqual({
      sizes: ['512', '768', '1024'],
      samplers: ['DDIM', 'K_EULER'],
      steps: true,
      seed: true,
      negativePrompt: true,
      cfg: true,
      imageToImage: true,
    });
    const image = { bytes: new Uint8Array([1, 2]), type: 'image/png' } as const;
    const full = { negativePrompt: 'fog', cfg: 30, sampler: 'DDIM', input: { image, strength: 0.4 } };
    expect(model.build({ ...request, ...full })).toEqual({
      prompt: 'a boat',
      negative_prompt: 'fog',
      width: 768,
      height: 768,
      num_outputs: 1,
      scheduler: 'DDIM',
      num_inference_steps: 20,
      guidance_scale: 20,
      image: 'data:image/png;base64,AQI=',
      prompt_strength: 0.4,
      seed: 9,
    });
  });

  it('says shape and megapixels to a model of the FLUX kind, and keeps to its fewest and most steps', () => {
    const fields = fieldsOf({
      prompt: {},
      aspect_ratio: { enum: ['1:1', '16:9'] },
      megapixels: { enum: ['1', '0.25'] },
      num_inference_steps: { minimum: 1, maximum: 4 },
    });
    const model = new ModelInput(fields, {});
    expect(model.capabilities).toMatchObject({ sizes: ['512', '1024'], cfg: false, seed: false, imageToImage: false });
    expect(model.build({ ...request, size: 512 })).toEqual({
      prompt: 'a boat',
      aspect_ratio: '1:1',
      megapixels: '0.25',
      num_inference_steps: 4,
    });
  });

  it.each([
    ['an object', { image_size: { anyOf: [{ type: 'object' }, { enum: ['square'] }] } }, ['512', '768', '1024']],
    ['names alone', { image_size: { enum: ['square', 'square_hd'] } }, ['512', '1024']],
    ['a text', { size: { enum: ['1024x1024', '512x512'] } }, ['512', '1024']],
    ['bounds', { width: { minimum: 768 }, height: { minimum: 768 } }, ['768', '1024']],
    ['a free shape', { aspect_ratio: { enum: ['1:1', 'custom'] }, width: {}, height: {} }, ['512', '768', '1024']],
    ['nothing', {}, ['1024']],
  ])('knows the sizes of a model that takes %s', (_, properties, sizes) => {
    expect(new ModelInput(fieldsOf(properties), {}).capabilities.sizes).toEqual(sizes);
  });

  it('gives several pictures to begin with where an array is asked for, and folds large seeds', () => {
    const fields = fieldsOf({ image_urls: { type: 'array' }, seed: { maximum: 99 } });
    const input = { image: { bytes: new Uint8Array([1]), type: 'image/png' }, strength: 1 } as const;
    expect(new ModelInput(fields, {}).build({ ...request, seed: 250, input })).toEqual({
      prompt: 'a boat',
      image_urls: ['data:image/png;base64,AQ=='],
      seed: 50,
    });
  });

  it('what the URL fixes is sent as it is, and nobody else’s to choose', () => {
    const { fixed, rest } = takeFixedInput(
      new URL('fal:a/b?input.guidance_scale=3.5&input.output_format=png&input.megapixels="1"&concurrency=2'),
      'fal',
    );
    expect(rest.search).toBe('?concurrency=2');
    const model = new ModelInput(fieldsOf({ guidance_scale: {} }), fixed);
    expect(model.capabilities.cfg).toBe(false);
    expect(model.build({ ...request, cfg: 7 })).toEqual({
      prompt: 'a boat',
      guidance_scale: 3.5,
      output_format: 'png',
      megapixels: '1',
    });
    expect(() => takeFixedInput(new URL('fal:a/b?input.=1'), 'fal')).toThrow('"input." names no input of a model');
  });
});
