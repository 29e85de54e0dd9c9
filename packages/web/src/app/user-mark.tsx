import { language } from '../i18n/language.ts';
import { t } from '../i18n/translate.ts';
import { userName } from '../lib/user-name.ts';

const PANEL = 'signed-in';

/** The first letter of a name, whatever it is made of. */
function initialOf(name: string): string {
  const [first] = new Intl.Segmenter(language()).segment(name);
  return (first?.segment ?? '').toLocaleUpperCase(language());
}

/** Who is signed in, where somebody is: an initial, on a wide screen the name, and the whole of it for whoever asks. */
export function UserMark() {
  const name = userName();
  if (name === undefined) return null;
  return (
    <>
      {/* The initial is an ornament, not a text: to whoever says “press …” the button is called by the name alone. */}
      <button
        type="button"
        popoverTarget={PANEL}
        aria-label={t('app.user', { name })}
        title={name}
        className="inline-flex h-9 shrink-0 items-center gap-2 rounded-control px-0.5 text-muted transition-colors duration-150 hover:bg-raised hover:text-text sm:ml-1 sm:px-1 xl:px-2"
      >
        <span
          aria-hidden="true"
          data-initial={initialOf(name)}
          className="grid size-6.5 place-items-center overflow-hidden rounded-full border border-border-strong bg-raised font-semibold text-text text-xs before:content-[attr(data-initial)]"
        />
        <bdi className="hidden max-w-36 truncate font-medium xl:block">{name}</bdi>
      </button>
      {/* Below the button, where the browser can; else in the corner. */}
      <div
        id={PANEL}
        popover="auto"
        className="fixed top-14 right-3 bottom-auto left-auto m-0 w-[min(18rem,calc(100vw-1.5rem))] rounded-card border border-border-strong bg-raised p-4 text-small text-text shadow-raised supports-[position-area:bottom]:inset-auto supports-[position-area:bottom]:mt-1.5 supports-[position-area:bottom]:[position-area:bottom_span-left]"
      >
        <p className="text-muted">{t('app.user.title')}</p>
        <p className="mt-0.5 font-semibold [overflow-wrap:anywhere]">
          <bdi>{name}</bdi>
        </p>
        <p className="mt-2 text-muted">{t('app.user.body')}</p>
      </div>
    </>
  );
}
