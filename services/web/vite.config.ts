import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockApi } from './dev/plugin.ts';

/** Where `npm run dev` sends API and WebSocket calls: a running suite's web port. */
const upstream = process.env.GUEEN_WEB_UPSTREAM ?? 'http://127.0.0.1:8080';
const mocked = process.env.GUEEN_WEB_MOCK === '1';

const proxied = '^/(?!app/|@|node_modules/|src/).*';

export default defineConfig({
  base: '/app/',
  plugins: [react(), ...(mocked ? [mockApi()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: 'mantine', test: /node_modules[\\/]@mantine[\\/]/ },
            { name: 'tanstack', test: /node_modules[\\/]@tanstack[\\/]/ },
          ],
        },
      },
    },
  },
  server: mocked ? {} : { proxy: { [proxied]: { target: upstream, ws: true, changeOrigin: false } } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
    // Patience for a machine that is busy with something else.
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
