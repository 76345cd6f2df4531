import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

// A .gz beside every large text: the server sends it to browsers that take it.
const packed = {
  name: 'packed',
  apply: 'build',
  closeBundle() {
    for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|wasm)$/.test(entry.name)) continue;
      const file = join(entry.parentPath ?? entry.path, entry.name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default {
  base: '/',
  plugins: [packed],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false }, // the policy allows no inline script
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 6000,
    reportCompressedSize: false,
  },
};
