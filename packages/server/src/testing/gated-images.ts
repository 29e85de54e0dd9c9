import type { ImageKind, Images } from '../images.ts';

/** An image storage that takes pictures of one kind only once the gate is open: a slow disk. */
export function createGatedImages(images: Images, kind: ImageKind) {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const gated: Images = {
    async put(key, image) {
      if (key.kind === kind) {
        reached.resolve();
        await gate.promise;
      }
      return images.put(key, image);
    },
    get: (key) => images.get(key),
    deleteJob: (jobId) => images.deleteJob(jobId),
    listUploads: () => images.listUploads(),
    deleteUpload: (uploadId) => images.deleteUpload(uploadId),
    check: () => images.check(),
    close: () => images.close(),
  };
  return { images: gated, open: gate.resolve, reached: reached.promise };
}
