import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('src/renderer', import.meta.url));

/** The window alone, for the loopback host; electron-vite uses the same settings for the packaged application. */
export default defineConfig({
  root,
  base: './',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('out/renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome134',
    // Nothing inline: the content security policy admits files of our own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
