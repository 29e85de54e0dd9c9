import { describe, expect, it } from 'vitest';
import { ComfyuiProgress } from './comfyui-progress.ts';
import { TEXT_TO_IMAGE } from './comfyui-workflow.ts';

const graph = TEXT_TO_IMAGE.fill({});
const running = (value: number, max: number) => ({ value, max, state: 'running' });
const DONE = { value: 1, max: 1, state: 'finished' };

describe('comfyui progress', () => {
  it('the sampler is 80 %, the six other nodes share the rest', () => {
    const progress = new ComfyuiProgress(graph);
    progress.state({ 4: DONE, 6: DONE, 7: DONE });
    expect(progress.news()).toEqual({ type: 'progress', percent: 10 });
    progress.state({ 4: DONE, 6: DONE, 7: DONE, 3: running(5, 10) });
    expect(progress.news()).toEqual({ type: 'progress', percent: 50, step: 5, steps: 10 });
  });

  it('says nothing twice: `progress` repeats what `progress_state` has said', () => {
    const progress = new ComfyuiProgress(graph);
    progress.state({ 3: running(1, 10) });
    expect(progress.news()).toBeDefined();
    progress.node('3', 1, 10);
    expect(progress.news()).toBeUndefined();
  });

  it('never falls, and leaves 100 to the picture', () => {
    const progress = new ComfyuiProgress(graph);
    progress.node('3', 9, 10);
    const before = progress.news()?.percent ?? 0;
    progress.node('3', 1, 10);
    expect(progress.news()?.percent).toBe(before);
    for (const id of Object.keys(graph)) progress.executing(id);
    progress.cached(Object.keys(graph));
    expect(progress.news()?.percent).toBe(99);
  });

  it('older servers tell only which node they begin: the one before is done', () => {
    const progress = new ComfyuiProgress(graph);
    progress.executing('4');
    progress.executing('5');
    expect(progress.news()?.percent).toBeCloseTo(100 / 30, 1);
  });

  it('cached nodes count as done, nodes that are not in the graph not at all', () => {
    const progress = new ComfyuiProgress(graph);
    progress.cached(['4', '5', '6', '7']);
    progress.state({ '3.0.1': running(1, 1) });
    expect(progress.news()?.percent).toBeCloseTo(400 / 30, 1);
  });

  it('two samplers share the 80 %; the step is the running one’s', () => {
    const sampler = { class_type: 'SamplerCustomAdvanced', inputs: { latent_image: ['1', 0] } };
    const progress = new ComfyuiProgress({ 1: sampler, 2: sampler, 3: { class_type: 'VAEDecode', inputs: {} } });
    progress.state({ 1: { value: 20, max: 20, state: 'finished' }, 2: running(1, 8) });
    expect(progress.news()).toEqual({ type: 'progress', percent: 45, step: 1, steps: 8 });
  });

  it('a graph without a sampler: all nodes count the same', () => {
    const other = { class_type: 'Upscale', inputs: {} };
    const progress = new ComfyuiProgress({ 1: other, 2: other });
    progress.node('1', 1, 2);
    expect(progress.news()).toEqual({ type: 'progress', percent: 25 });
  });
});
