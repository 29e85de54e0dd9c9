import { LIMITS } from '@darkroom/protocol';
import { formatNumber } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { FieldName, FieldProblem, FormValues } from './form-values.ts';

const LONGEST: Readonly<Partial<Record<FieldName, number>>> = {
  prompt: LIMITS.promptChars,
  negativePrompt: LIMITS.negativePromptChars,
};

/** What is wrong with a field, and what would be right. */
export function problemText(field: FieldName, problem: FieldProblem, values: FormValues): string {
  switch (problem) {
    case 'empty':
      return t('generate.prompt.empty');
    case 'long':
      return t('generate.prompt.long', { count: values[field].trim().length - (LONGEST[field] ?? LIMITS.nameChars) });
    case 'control':
      return t('generate.prompt.control');
    case 'unsupported':
      return values.provider === ''
        ? t('generate.unsupported')
        : t('generate.unsupported.by', { backend: values.provider });
    case 'range':
      if (field === 'seed') return t('generate.seed.invalid', { max: formatNumber(LIMITS.maxSeed) });
      if (field === 'cfg') return t('generate.cfg.invalid', { max: LIMITS.maxCfg });
      return t('generate.steps.invalid', { min: LIMITS.minSteps, max: LIMITS.maxSteps });
  }
}
