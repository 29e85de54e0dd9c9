import { describe, expect, it } from 'vitest';
import { providerIdentity, providerPlace } from './provider-identity.ts';

const HERE = { machine: 'one', process: 1 };
const THERE = { machine: 'two', process: 2 };
const identity = (text: string, from = HERE) => providerIdentity(new URL(text), from);

describe('providerIdentity', () => {
  it.each([
    'forge+http://gpu.example:7860',
    'openai:gpt-image-1',
    'replicate:owner/model?baseUrl=https%3A%2F%2Freplicate.example',
  ])('%s is the same backend wherever it is seen from', (text) => {
    expect(identity(text, HERE)).toBe(identity(text, THERE));
  });

  it.each([
    'forge+http://127.0.0.1:7860',
    'comfyui+http://user:password@localhost:8188/',
    'openai+http://[::1]:8080/v1',
    'replicate:owner/model?baseUrl=http%3A%2F%2Flocalhost%3A5000',
  ])('%s is another backend on each machine, and one for all processes of a machine', (text) => {
    expect(identity(text, HERE)).not.toBe(identity(text, THERE));
    expect(identity(text, HERE)).toBe(identity(text, { ...HERE, process: 3 }));
  });

  it('what paints inside the server is another backend in each process', () => {
    expect(identity('sketch:', HERE)).not.toBe(identity('sketch:', { ...HERE, process: 3 }));
  });

  it('tells backends apart by name, address and options, not by how many jobs a process gives them', () => {
    const texts = [
      'forge+http://gpu.example:7860?concurrency=1',
      'forge+http://gpu.example:7861?concurrency=1',
      'forge+http://gpu.example:7860?name=forge-2',
      'comfyui+http://gpu.example:7860',
      'openai+http://gpu.example:7860?model=a',
      'openai+http://gpu.example:7860?model=b',
    ];
    expect(new Set(texts.map((text) => identity(text))).size).toBe(texts.length);
    expect(identity('forge+http://gpu.example:7860?concurrency=2&timeoutMs=1000')).toBe(
      identity('forge+http://gpu.example:7860'),
    );
  });

  it('tells no secrets', () => {
    expect(identity('forge+http://user:hunter2@gpu.example:7860?name=one')).toMatch(/^one-[\w-]{12}$/);
  });
});

describe('providerPlace', () => {
  const place = (text: string, from = HERE) => providerPlace(new URL(text), from);

  it('is of the address alone: options, name and password may change', () => {
    const texts = [
      'comfyui+http://gpu.example:8188',
      'comfyui+http://user:password@gpu.example:8188',
      'comfyui+http://gpu.example:8188?name=big&checkpoint=x.safetensors&concurrency=2',
    ];
    expect(new Set(texts.map((text) => place(text))).size).toBe(1);
    expect(place('replicate:owner/model?baseUrl=http%3A%2F%2Fone.example')).not.toBe(place('replicate:owner/model'));
    expect(place('fal:fal-ai/flux')).not.toBe(place('fal:fal-ai/recraft'));
  });

  it('is what the URL says, where processes reach the same backend at different addresses', () => {
    const [near, far] = [
      'comfyui+http://127.0.0.1:8188?at=gpu-1',
      'comfyui+http://gpu.example/comfy?at=gpu-1&name=far',
    ];
    expect(place(near)).toBe(place(far, THERE));
    expect(place(near)).not.toBe(place(near.replace('gpu-1', 'gpu-2')));
    expect(identity(near)).toBe(identity('comfyui+http://gpu.example/comfy?at=gpu-1', THERE));
  });

  it('of an address of this machine is another one on each machine', () => {
    const text = 'comfyui+http://127.0.0.1:8188';
    expect(place(text, HERE)).not.toBe(place(text, THERE));
    expect(place(text, HERE)).toBe(place(text, { ...HERE, process: 3 }));
    expect(place('comfyui+http://gpu.example:8188', HERE)).toBe(place('comfyui+http://gpu.example:8188', THERE));
  });
});
