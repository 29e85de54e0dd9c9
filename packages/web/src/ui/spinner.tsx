import { LoaderCircle } from 'lucide-react';

/** Something is under way. Decoration: say in words what. */
export function Spinner() {
  return <LoaderCircle aria-hidden="true" className="size-4 animate-spin" />;
}
