import * as z from 'zod';
import { takeFixedInput } from '../fixed-input.ts';
import { type CommonConfig, parseUrlOptions, type Secrets } from '../provider-url.ts';
import { AI_SERVICES, type AiService } from './ai-services.ts';

const ServiceOptions = z.record(z.string(), z.json());

/** Settings of one model of one hosted service. */
export interface AiConfig extends CommonConfig {
  readonly service: AiService;
  /** As the service names it; may hold slashes. */
  readonly model: string;
  readonly key: string | undefined;
  /** Undefined: the service's own address. */
  readonly baseUrl: string | undefined;
  /** `baseUrl`, or else the service's own address. */
  readonly address: URL;
  /** Options of the service's own, sent with every picture. */
  readonly serviceOptions: z.output<typeof ServiceOptions>;
  /** How long an outage during polls and downloads is ridden out, in milliseconds; default 30000. */
  readonly outageMs?: number;
  /** For tests: which addresses of other origins than its own it may connect to. Default: those of the public internet. */
  readonly isAllowed?: (address: string) => boolean;
}

function keyOf(variable: string | undefined, secrets: Secrets): string | undefined {
  if (variable === undefined) return undefined;
  const key = secrets[variable];
  if (key === undefined || key === '') throw new Error(`ai: the environment variable ${variable} is not set`);
  return key;
}

/**
 * Reads `ai:<service>/<model>?concurrency=4&input.<option>=…`. Throws an `Error` of one line that names the bad part.
 * `keyFrom` names another variable than the service's usual one.
 */
export function parseAiConfig(url: URL, secrets: Secrets): AiConfig {
  const { fixed, rest } = takeFixedInput(url, 'ai');
  const [, name = '', model = ''] = /^([^/]*)\/(.+)$/.exec(decodeURIComponent(rest.pathname)) ?? [];
  const service = AI_SERVICES.get(name);
  if (rest.protocol !== 'ai:' || model === '' || rest.host !== '')
    throw new Error(`ai: expected "ai:SERVICE/MODEL", got "${rest.protocol}${rest.pathname}"`);
  if (service === undefined)
    throw new Error(`ai: unknown service "${name}"; it knows ${[...AI_SERVICES.keys()].join(', ')}`);
  const { baseUrl, keyFrom, ...common } = parseUrlOptions(rest, {
    kind: 'ai',
    defaults: { concurrency: 4, timeoutMs: 300_000 },
    shape: {
      baseUrl: z.url({ protocol: /^https?$/ }).optional(),
      keyFrom: z
        .string()
        .regex(/^[A-Z0-9_]+_API_KEY$/)
        .optional(),
    },
    expected: {
      baseUrl: 'must be an http or https URL',
      keyFrom: 'must be the name of an environment variable that ends in _API_KEY',
    },
  });
  const address = baseUrl ?? service.baseUrl;
  if (address === undefined)
    throw new Error(`ai: ${name} needs the option baseUrl, as in "ai:${name}/MODEL?baseUrl=https://host/v1"`);
  const key = keyOf(keyFrom ?? service.keyVariable, secrets);
  const serviceOptions = ServiceOptions.parse(fixed);
  return Object.freeze({ ...common, service, model, key, baseUrl, address: new URL(address), serviceOptions });
}
