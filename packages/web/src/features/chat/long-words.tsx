import { clsx } from 'clsx';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';

/** Words shorter than this fill no screen, and are not measured. */
const LONG_CHARS = 240;
const LONG_LINES = 8;

/** Whether some of it is not to be seen. */
function useCut(open: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const [cut, setCut] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null || open) return;
    const watched = new ResizeObserver(() => setCut(element.scrollHeight > element.clientHeight + 1));
    watched.observe(element);
    return () => watched.disconnect();
  }, [open]);
  return { box, cut };
}

function Cut({ children }: { children: ReactNode }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const { box, cut } = useCut(open);
  return (
    <>
      <div ref={box} id={id} className={clsx(!open && 'line-clamp-8')}>
        {children}
      </div>
      {cut && (
        <Button
          size="sm"
          variant="ghost"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="-ml-2.5 mt-1"
        >
          {t(open ? 'chat.words.less' : 'chat.words.more')}
        </Button>
      )}
    </>
  );
}

/** Words that were said: the beginning of long ones, and the rest when it is asked for. */
export function LongWords({ children }: { children: string }) {
  const long = children.length >= LONG_CHARS || children.split('\n').length > LONG_LINES;
  return long ? <Cut>{children}</Cut> : children;
}
