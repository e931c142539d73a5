// Writes .br and .gz beside each text file of the build that gains by it, so that the server never compresses on request.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = new URL('../dist/', import.meta.url).pathname;
const text = /\.(js|css|html|svg|json|txt|webmanifest)$/;
const smallest = 1024;

for (const entry of await readdir(root, { recursive: true })) {
  const file = join(root, entry);
  if (!text.test(file) || (await stat(file)).size < smallest) continue;
  const body = await readFile(file);
  const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } });
  await writeFile(`${file}.br`, br);
  await writeFile(`${file}.gz`, gzipSync(body, { level: 9 }));
}
