import type { Ref } from 'react';
import type { Picture } from './model/picture.ts';
import type { Sight } from './use-sight.ts';

/** A picture as its card shows it, and what can be done about it. */
export interface PictureCardProps {
  readonly ref: Ref<HTMLDivElement>;
  readonly picture: Picture;
  /** Pictures that were never in sight are not loaded. */
  readonly sight: Sight;
  /** Its backend does not tell how far it is. */
  readonly untold: boolean;
  /** How long such pictures usually take there, ms. */
  readonly usual: number | undefined;
  readonly onCancel: () => Promise<void>;
  readonly onAgain: () => Promise<void>;
  /** Undefined: its request is not known. */
  readonly onEdit: (() => void) | undefined;
  /** Undefined: no backend can begin with a picture. */
  readonly onInput: ((url: string) => void) | undefined;
}
