import { LIMITS } from '@darkroom/protocol';
import { formatNumber } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { FieldName, FieldProblem, FormValues } from './form-values.ts';

/** What is wrong with a field, and what would be right. */
export function problemText(field: FieldName, problem: FieldProblem, values: FormValues): string {
  if (problem === 'empty') return t('generate.prompt.empty');
  if (problem === 'long') return t('generate.prompt.long', { count: values.prompt.trim().length - LIMITS.promptChars });
  if (problem === 'control') return t('generate.prompt.control');
  if (field === 'seed') return t('generate.seed.invalid', { max: formatNumber(LIMITS.maxSeed) });
  return t('generate.steps.invalid', { min: LIMITS.minSteps, max: LIMITS.maxSteps });
}
