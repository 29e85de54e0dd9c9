import { useEffect, useRef, useState } from 'react';

/** The picture on screen, and the one it was before. */
export interface Layers {
  readonly below: string | undefined;
  readonly top: string | undefined;
}

const NOTHING: Layers = { below: undefined, top: undefined };

/**
 * The newest of the given pictures that is ready to be painted without a flash. While pictures come faster than they
 * load, those in between are skipped, and the one on screen stays.
 */
export function useDecodedImage(src: string | undefined): Layers {
  const [layers, setLayers] = useState(NOTHING);
  const wanted = useRef(src);
  const loading = useRef(false);

  useEffect(() => {
    wanted.current = src;
    if (src === undefined) {
      setLayers(NOTHING);
      return;
    }
    const show = (url: string) => {
      if (wanted.current !== undefined) setLayers((last) => (last.top === url ? last : { below: last.top, top: url }));
    };
    const load = async (url: string): Promise<void> => {
      loading.current = true;
      const image = new Image();
      image.src = url;
      await image.decode().then(
        () => show(url),
        () => undefined,
      );
      loading.current = false;
      const newest = wanted.current;
      if (newest !== undefined && newest !== url) await load(newest);
    };
    if (!loading.current) void load(src);
  }, [src]);

  return layers;
}
