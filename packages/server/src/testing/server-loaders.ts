/** A program that prints which image formats its process can load, on a line `loaders: …`: before it is a server, and as one. */
import sharp from 'sharp';
import { runServer } from '../run-server.ts';

const plain = sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } });
const FILES: Readonly<Record<string, Buffer>> = {
  svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>'),
  png: await plain.clone().png().toBuffer(),
  jpeg: await plain.clone().jpeg().toBuffer(),
  webp: await plain.clone().webp().toBuffer(),
  gif: await plain.clone().gif().toBuffer(),
  tiff: await plain.clone().tiff().toBuffer(),
  heif: await plain.clone().avif().toBuffer(),
};

async function findLoaders(): Promise<string[]> {
  const found: string[] = [];
  for (const file of Object.values(FILES)) {
    const format = await sharp(file)
      .metadata()
      .then((metadata) => metadata.format)
      .catch(() => undefined);
    if (format !== undefined) found.push(format);
  }
  return found;
}

const before = await findLoaders();
runServer(process.env);
console.log(`loaders: ${before.join(' ')}`);
console.log(`loaders: ${(await findLoaders()).join(' ')}`);
process.exit(0);
