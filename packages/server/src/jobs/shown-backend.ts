import { LIMITS, toStorable } from '@darkroom/protocol';
import type { ProviderCapabilities, ProviderHealthReport } from '../provider.ts';

const MAX_MESSAGE_CHARS = 1_000;

/** Whether a job could be asked for with this name: other names are in nobody's list. */
const canBeAsked = (name: string) =>
  name.length <= LIMITS.nameChars && name === name.trim() && name !== '' && name === toStorable(name, name.length);

/** A backend's report in the form in which other processes and clients get it: bounded, and free of what cannot be stored. */
export function toShownHealth(report: ProviderHealthReport): ProviderHealthReport {
  return report.message === undefined ? report : { ...report, message: toStorable(report.message, MAX_MESSAGE_CHARS) };
}

/** The same of what it can do: names of models and samplers that no request could contain are left out. */
export function toShownCapabilities(capabilities: ProviderCapabilities): ProviderCapabilities {
  const { models, samplers } = capabilities;
  return {
    ...capabilities,
    models: models?.filter(canBeAsked) ?? null,
    samplers: samplers?.filter(canBeAsked) ?? null,
  };
}
