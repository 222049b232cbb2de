import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** The peer of the ingest benchmark: decode once, 1200 → 400 → 100, write the JPEGs; no hash, no checks, no catalog. */
const [source = '', target = ''] = process.argv.slice(2);
sharp.cache(false);
sharp.concurrency(1);
await mkdir(target, { recursive: true });
const names = await readdir(source);
await Promise.all(Array.from({ length: 4 }, async () => {
  for (let name = names.pop(); name !== undefined; name = names.pop()) await cascade(join(source, name), name);
}));

async function cascade(path: string, name: string): Promise<void> {
  let image = await sharp(path).autoOrient().resize(1200, 1200, { fit: 'inside', withoutEnlargement: true }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  for (const size of [1200, 400, 100]) {
    const raw = { width: image.info.width, height: image.info.height, channels: image.info.channels };
    if (size !== 1200) image = await sharp(image.data, { raw }).resize(size, size, { fit: 'inside', withoutEnlargement: true }).raw().toBuffer({ resolveWithObject: true });
    const { data, info } = image;
    await writeFile(join(target, `${name}.${size}.jpg`), await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }).jpeg({ quality: 85 }).toBuffer());
  }
}
