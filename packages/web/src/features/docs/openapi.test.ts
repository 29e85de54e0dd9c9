import { describe, expect, it } from 'vitest';
import { endpointsOf } from './openapi.ts';

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } });

describe('endpointsOf', () => {
  it('reads parameters, nested body members and answers', () => {
    const document = {
      paths: {
        '/api/jobs/{jobId}': {
          post: {
            summary: 'Do it',
            parameters: [
              {
                name: 'wait',
                in: 'query',
                schema: { type: 'number', minimum: 0, maximum: 25, multipleOf: 1, default: 0 },
              },
              { name: 'jobId', in: 'path', required: true, schema: { type: 'string' } },
            ],
            requestBody: json({
              required: ['prompt'],
              properties: {
                prompt: { type: 'string', minLength: 1, maxLength: 9 },
                options: { properties: { size: { type: 'string', enum: ['512', '768'] } } },
              },
            }),
            responses: { 200: json({ properties: { job: {} } }), '4XX': { description: 'no' } },
          },
          parameters: [],
        },
      },
    };
    expect(endpointsOf(document)).toEqual([
      {
        method: 'POST',
        path: '/api/jobs/{jobId}',
        summary: 'Do it',
        description: '',
        parameters: [
          { name: 'jobId', place: 'path', required: true, type: 'string', description: '' },
          { name: 'wait', place: 'query', required: false, type: 'integer, 0–25, default 0', description: '' },
          { name: 'prompt', place: 'body', required: true, type: 'string, 1–9 chars', description: '' },
          { name: 'options.size', place: 'body', required: false, type: '"512" | "768"', description: '' },
        ],
        answers: [
          { status: '200', members: ['job'] },
          { status: '4XX', members: [] },
        ],
      },
    ]);
  });

  it.each([undefined, null, 'x', [], {}, { paths: { '/a': null } }, { paths: { '/a': { get: 1 } } }])(
    'never throws: %j',
    (document) => {
      expect(() => endpointsOf(document)).not.toThrow();
    },
  );
});
