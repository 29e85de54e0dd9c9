import { type ReactNode, useState } from 'react';
import { Button } from '../../ui/button.tsx';

/** A button that is busy until what it began is done. */
export function ActButton({ act, children }: { act: () => Promise<void>; children: ReactNode }) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await act();
    setBusy(false);
  };
  return (
    <Button size="sm" variant="secondary" loading={busy} onClick={run}>
      {children}
    </Button>
  );
}
