import { n } from '../canvas/path.ts';
import { MARGIN, type Style } from '../styles/style.ts';
import { setText } from './lettering.ts';

/** The prompt as a small caption: on the paper margin like a print's title, or low on the picture itself. An SVG to lay over it. */
export function captionStrip(prompt: string, caption: Style['caption'], size: number): string | undefined {
  const margin = caption.on === 'margin';
  const height = margin ? 31 : 30;
  const { d, width } = setText(prompt, height, margin ? 820 : 900);
  if (!d) return undefined;
  const x = margin ? 500 - width / 2 : 38;
  const y = margin ? 1000 - MARGIN.foot / 2 + 10 : 962;
  const scrim = `<linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#08070f" stop-opacity="0"/><stop offset="1" stop-color="#08070f" stop-opacity="0.62"/></linearGradient>`;
  const under = margin ? '' : `<defs>${scrim}</defs><rect y="860" width="1000" height="140" fill="url(#s)"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 1000 1000">${under}<path transform="translate(${n(x)} ${n(y)})" d="${d}" fill="${caption.ink}" fill-opacity="${margin ? 0.9 : 0.94}"/></svg>`;
}
