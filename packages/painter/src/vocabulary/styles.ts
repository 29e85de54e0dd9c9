import type { WordList } from './word-list.ts';

/** Manners of painting, each with the words that choose it, in the prompt or as the job's style. */
export const STYLES = {
  flat: ['flat', 'flat design', 'vector', 'minimalist', 'minimal', 'poster', 'illustration'],
  watercolour: ['watercolour', 'watercolor', 'aquarelle', 'water colour', 'water color', 'suluboya'],
  neon: ['neon', 'synthwave', 'cyberpunk', 'vaporwave', 'retrowave', 'outrun'],
  sepia: ['sepia', 'vintage', 'old photo', 'old photograph', 'antique', 'daguerreotype'],
  pixel: ['pixel', 'pixel art', 'pixelart', '8 bit', '8bit', '16 bit', 'pixelated', 'retro game'],
  ink: ['ink', 'pen', 'pen and ink', 'sketch', 'line art', 'drawing', 'etching', 'engraving', 'woodcut', 'hatching'],
  oil: ['oil', 'oil painting', 'oil on canvas', 'impressionist', 'impressionism', 'impasto', 'van gogh', 'brushstroke'],
  riso: ['riso', 'risograph', 'halftone', 'screen print', 'screenprint', 'pop art', 'comic'],
} as const satisfies WordList;
export type StyleName = keyof typeof STYLES;
