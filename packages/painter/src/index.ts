export { captionScene } from './caption-scene.ts';
export { describe, type PictureOrder, paintPicture } from './paint-picture.ts';
export { type Parameters, parametersText } from './parameters.ts';
export { readPngText, withPngText } from './png-text.ts';
export { readPrompt } from './read-prompt.ts';
export { composeScene } from './scene/compose-scene.ts';
export { isAbstract, type Place, type SceneDescription, type Subject, type Tints } from './scene-description.ts';
export { createStudio, type Painting, type Studio } from './studio/studio.ts';
export { readStyle, STYLE_NAMES } from './vocabulary/lexicon.ts';
