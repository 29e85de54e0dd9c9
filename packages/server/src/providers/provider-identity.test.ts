import { describe, expect, it } from 'vitest';
import { providerIdentity } from './provider-identity.ts';

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
