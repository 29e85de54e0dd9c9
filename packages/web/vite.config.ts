import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8787';

/** The server puts each page's title and Open Graph tags where `<!--head-->` stands; in development nobody does. */
function defaultHead(): Plugin {
  return {
    name: 'darkroom-default-head',
    apply: 'serve',
    transformIndexHtml: (html) => html.replace('<!--head-->', '<title>Darkroom</title>'),
  };
}

/** Starts loading the text font with the page, so that the first paint is already set in it. */
function preloadFont(): Plugin {
  return {
    name: 'darkroom-preload-font',
    apply: 'build',
    transformIndexHtml(_html, { bundle }) {
      const font = Object.keys(bundle ?? {}).find((file) => /inter-latin-wght-normal.*\.woff2$/.test(file));
      if (font === undefined) return [];
      const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${font}`, crossorigin: true };
      return [{ tag: 'link', attrs, injectTo: 'head' }];
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), defaultHead(), preloadFont()],
  build: {
    // The content security policy allows no `data:` fonts: every asset stays a file.
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Small parts that every page shares travel together: fewer requests, and they compress better. Not with them
          // what Home's first view does without.
          groups: [
            {
              name: 'shared',
              test: /\/src\/(ui\/(?!tooltip|lazy-tooltip|dialog|copy-button|live-region|progress|crossfade-image|settings\/(?!option-fields|form-values|offered|problem-text))|lib\/(?!backend-text|copy-text|prefill|current-notice|time-left|use-decoded-image)|i18n\/(?!change-language)[^/]+$)|lucide-react\/dist\/esm\/[^/]+$/,
            },
          ],
        },
      },
    },
  },
  server: {
    // The server gets the `Host` that the browser asked for, as its own pages must have it.
    proxy: {
      '/api': { target: SERVER },
      '/ws': { target: SERVER, ws: true },
    },
  },
});
