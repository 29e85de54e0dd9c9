import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement } from 'react';

/** A note that appears on hover and on focus. Loaded when first needed: see `lazy-tooltip.tsx`. */
export default function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <Radix.Provider delayDuration={200}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            sideOffset={6}
            collisionPadding={12}
            className="z-50 animate-fade-in rounded-control border border-border-strong bg-raised px-3 py-1.5 text-small text-text shadow-raised"
          >
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
