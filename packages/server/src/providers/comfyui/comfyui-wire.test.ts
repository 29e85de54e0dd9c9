import { describe, expect, it } from 'vitest';
import { TINY_JPEG } from '../../testing/scripted-provider.ts';
import { executionFailed, isBlockedBranch } from './comfyui-errors.ts';
import { HistoryEntry, optionsOf, parsePreviewFrame, parseSocketMessage, placeIn } from './comfyui-wire.ts';

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const withIds = (json: string) => {
  const meta = Buffer.from(json);
  return Buffer.concat([uint32(4), uint32(meta.byteLength), meta, TINY_JPEG]);
};

describe('comfyui binary frames', () => {
  it('previews, with and without ids', () => {
    expect(parsePreviewFrame(Buffer.concat([uint32(1), uint32(1), TINY_JPEG]))).toEqual({
      promptId: undefined,
      image: { bytes: TINY_JPEG, type: 'image/jpeg' },
    });
    const meta = { prompt_id: 'p', node_id: '3', image_type: 'image/jpeg', anything: 1 };
    expect(parsePreviewFrame(withIds(JSON.stringify(meta)))).toEqual({
      promptId: 'p',
      image: { bytes: TINY_JPEG, type: 'image/jpeg' },
    });
  });

  it.each([
    ['too short', Buffer.from([0, 0, 0, 1])],
    ['text of a node', Buffer.concat([uint32(3), uint32(1), Buffer.from('3hello')])],
    ['no picture', Buffer.concat([uint32(1), uint32(1), Buffer.from('hello')])],
    ['ids that are no JSON', withIds('{')],
    ['ids without the prompt', withIds('{}')],
    ['a length beyond the frame', Buffer.concat([uint32(4), uint32(9_999), Buffer.from('{}')])],
  ])('%s: ignored', (_, frame) => {
    expect(parsePreviewFrame(frame)).toBeUndefined();
  });
});

describe('comfyui messages', () => {
  it.each(['{', '[]', '{"type":"crystools.monitor","data":{}}', '{"type":"execution_start","data":{}}'])(
    '%s: ignored',
    (text) => {
      expect(parseSocketMessage(text)).toBeUndefined();
    },
  );

  it('outputs of other kinds do not disturb', () => {
    const data = { node: '9', prompt_id: 'p', output: { images: ['odd'], text: [1] } };
    expect(parseSocketMessage(JSON.stringify({ type: 'executed', data }))).toMatchObject({
      data: { output: { images: [] } },
    });
    expect(HistoryEntry.parse({ outputs: { 9: { gifs: [] } }, status: null })).toMatchObject({
      outputs: { 9: { images: [] } },
    });
  });

  it('places are by number, whatever the order of the list', () => {
    const item = (number: number, id: string) => [number, id, {}, { client_id: `c-${id}` }, ['9'], 'more'] as never;
    const queue = { queue_running: [item(0, 'r')], queue_pending: [item(9, 'c'), item(-4, 'a'), item(3, 'b')] };
    expect(['r', 'a', 'b', 'c', 'x'].map((id) => placeIn(queue, id)?.position)).toEqual([
      undefined,
      1,
      2,
      3,
      undefined,
    ]);
    expect(placeIn(queue, 'r')).toMatchObject({ clientId: 'c-r' });
    expect(placeIn(queue, 'x')).toBeUndefined();
  });

  it('lists of either generation', () => {
    const info = (spec: unknown) => ({ A: { input: { required: { x: spec } } } });
    expect(optionsOf(info([['a', 'b'], { default: 'a' }]), 'A', 'x')).toEqual(['a', 'b']);
    expect(optionsOf(info(['COMBO', { options: ['a'] }]), 'A', 'x')).toEqual(['a']);
    expect(optionsOf(info(['INT', {}]), 'A', 'x')).toBeUndefined();
    expect(optionsOf({}, 'A', 'x')).toBeUndefined();
  });
});

describe('comfyui execution errors', () => {
  it.each([
    ['torch.OutOfMemoryError', 'Allocation on device', false, 'ComfyUI ran out of graphics memory'],
    ['RuntimeError', 'CUDA error: out of memory', false, 'ComfyUI ran out of graphics memory'],
    ['AcceleratorError', 'This error means you ran out of memory on your GPU.', false, 'ComfyUI ran out of'],
    [
      'ValueError',
      'No such file: /home/me/model',
      false,
      'The node KSampler of the ComfyUI workflow failed (ValueError).',
    ],
    ['aiohttp.client_exceptions.ClientConnectorError', 'x', true, 'The node KSampler of the ComfyUI workflow lost'],
  ])('%s: %s', (exception_type, exception_message, retryable, message) => {
    const error = executionFailed({ exception_type, exception_message, node_type: 'KSampler' });
    expect(error).toMatchObject({ code: 'SERVER_ERROR', retryable, mayStillRun: false });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('/home');
  });

  it('a blocked branch is no end', () => {
    expect(isBlockedBranch({ exception_type: 'ExecutionBlocked' })).toBe(true);
  });
});
