import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';

interface DataTableProps {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}

/** A plain table that scrolls sideways where it does not fit. */
export function DataTable({ label, head, rows }: DataTableProps) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
      tabIndex={0}
      aria-label={t('docs.table', { title: label })}
      className="overflow-x-auto rounded-card border border-border bg-surface shadow-card"
    >
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-border border-b bg-sunken/60 text-muted text-small">
            {head.map((title) => (
              <th key={title} scope="col" className="whitespace-nowrap px-4 py-2 font-medium">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key} className="border-border/60 border-b align-top last:border-b-0">
              {cells.map((cell, place) => (
                <td key={head[place]} className="px-4 py-2.5">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
