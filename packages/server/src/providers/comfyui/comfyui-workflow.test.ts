import { describe, expect, it } from 'vitest';
import { parseWorkflow } from './comfyui-workflow.ts';

const workflow = (inputs: object, more: object = {}) =>
  parseWorkflow(
    {
      1: { class_type: 'Anything', inputs: { text: '{{prompt}}', edge: '{{size}}', ...inputs } },
      9: { class_type: 'SaveImage', inputs: { images: ['1', 0] } },
      ...more,
    },
    'text',
  );
const filled = (inputs: object, values: Parameters<ReturnType<typeof workflow>['fill']>[0]) =>
  workflow(inputs).fill(values)['1']?.inputs;

describe('comfyui workflow', () => {
  it('a placeholder that is the whole value keeps its type; within a text it is text', () => {
    const inputs = {
      seed: '{{seed}}',
      name: 'seed {{ seed }}, {{steps}} steps',
      links: ['9', 0],
      deep: { a: ['{{cfg}}'] },
    };
    expect(filled(inputs, { prompt: 'a boat', size: 768, seed: 7, steps: 20, cfg: 3.5 })).toEqual({
      text: 'a boat',
      edge: 768,
      seed: 7,
      name: 'seed 7, 20 steps',
      links: ['9', 0],
      deep: { a: [3.5] },
    });
  });

  it('what a person wrote is never searched for placeholders', () => {
    const prompt = '{{seed}} $& {{nonsense}}';
    expect(filled({ also: 'of {{prompt}}, soft' }, { prompt })).toMatchObject({
      text: prompt,
      also: `of ${prompt}, soft`,
    });
  });

  it('defaults: the job’s value, the workflow’s, the table’s', () => {
    const inputs = {
      cfg: '{{cfg|1}}',
      sampler: '{{sampler|uni_pc}}',
      scheduler: '{{scheduler}}',
      negative: '{{negative}}',
    };
    expect(filled(inputs, {})).toMatchObject({ cfg: 1, sampler: 'uni_pc', scheduler: 'normal', negative: '' });
    expect(filled(inputs, { cfg: 5, sampler: 'euler' })).toMatchObject({ cfg: 5, sampler: 'euler' });
  });

  it('knows where models and samplers are listed, and its own model', () => {
    const found = workflow({ unet_name: '{{model|flux.safetensors}}', label: 'with {{sampler}}' });
    expect(found.model).toMatchObject({ classType: 'Anything', input: 'unet_name' });
    expect(found.ownModel).toBe('flux.safetensors');
    expect(found.sampler).toBeUndefined();
    expect([...found.placeholders].sort()).toEqual(['model', 'prompt', 'sampler', 'size']);
  });

  it('the node with the title “Darkroom” counts, of whatever class', () => {
    const titled = { class_type: 'FancySave', inputs: {}, _meta: { title: 'darkroom' } };
    expect(workflow({}, { 12: titled }).saveNode).toBe('12');
  });
});
