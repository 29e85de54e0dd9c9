import { LIMITS } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ImageUp, X } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useId } from 'react';
import { formatPercent } from '../../i18n/format.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../button.tsx';
import { Field } from '../field.tsx';
import { Progress } from '../progress.tsx';
import { formatBytes } from './format-bytes.ts';
import type { FieldsProps } from './option-fields.tsx';
import { PICTURE_TYPES, usePictureUpload } from './use-picture-upload.ts';

export interface PictureFieldProps {
  /** A picture that was dropped or pasted outside of the field. */
  readonly dropped: File | undefined;
  readonly onTaken: () => void;
  readonly onSending: (sending: boolean) => void;
}

const LOW_STRENGTH = 0.4;
const HIGH_STRENGTH = 0.75;
const STRENGTH_STEP = 0.05;

function strengthText(strength: number): PlainKey {
  if (strength < LOW_STRENGTH) return 'picture.strength.low';
  return strength < HIGH_STRENGTH ? 'picture.strength.middle' : 'picture.strength.high';
}

function StrengthField({ values, errors, onChange }: FieldsProps) {
  const strength = Number(values.strength);
  return (
    <Field
      label={t('picture.strength')}
      hint={formatPercent(strength * 100)}
      error={errors.strength}
      note={t(strengthText(strength))}
    >
      {(control) => (
        <input
          {...control}
          type="range"
          name="strength"
          min={0}
          max={1}
          step={STRENGTH_STEP}
          value={values.strength}
          aria-valuetext={formatPercent(strength * 100)}
          onChange={(event) => onChange({ strength: event.target.value })}
          className="h-6 w-full cursor-pointer accent-primary"
        />
      )}
    </Field>
  );
}

/** The browser's own file chooser, looking like a button. */
function ChooseFile({ label, error, onFile }: { label: string; error: boolean; onFile: (file: File) => void }) {
  const id = useId();
  return (
    <label
      htmlFor={id}
      className={clsx(
        buttonClass({ size: 'sm' }),
        'relative cursor-pointer has-focus-visible:outline-2 has-focus-visible:outline-primary has-focus-visible:outline-offset-2',
      )}
    >
      <ImageUp aria-hidden="true" />
      {label}
      <input
        id={id}
        type="file"
        accept={PICTURE_TYPES.join(',')}
        aria-invalid={error || undefined}
        aria-describedby={error ? 'picture-error' : undefined}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file !== undefined) onFile(file);
          // So that the same file can be chosen again.
          target.value = '';
        }}
        className="absolute inset-0 cursor-pointer opacity-0"
      />
    </label>
  );
}

interface ChosenProps {
  readonly src: string;
  readonly children: ReactNode;
  readonly actions: ReactNode;
}

/** The picture small, what there is to say of it, and what can be done. */
function Chosen({ src, children, actions }: ChosenProps) {
  return (
    <div className="flex gap-3 sm:gap-4">
      <img
        src={src}
        alt={t('picture.alt')}
        className="size-24 shrink-0 rounded-control border border-border bg-sunken object-cover"
      />
      <div className="flex min-w-0 flex-1 flex-col justify-between gap-2">
        <div className="min-w-0">{children}</div>
        <div className="flex flex-wrap gap-2">{actions}</div>
      </div>
    </div>
  );
}

/** Image-to-image: a picture to begin with, and how far the result may leave it. */
export function PictureField(props: FieldsProps & PictureFieldProps) {
  const { values, errors, onChange, dropped, onTaken, onSending } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `onChange` only calls setters, which never change
  const onUploaded = useCallback((image: string) => onChange({ image }), []);
  const { local, problem, send, drop } = usePictureUpload({ onUploaded, onSending });
  const error = problem ?? errors.image;

  useEffect(() => {
    if (dropped === undefined) return;
    onTaken();
    void send(dropped);
  }, [dropped, onTaken, send]);

  const remove = () => {
    drop();
    onChange({ image: '' });
  };
  const choose = (label: string) => <ChooseFile label={label} error={error !== undefined} onFile={send} />;
  const leave = (label: string) => (
    <Button size="sm" variant="ghost" onClick={remove}>
      <X aria-hidden="true" />
      {label}
    </Button>
  );
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 font-medium text-muted text-small">{t('picture.title')}</legend>
      <PictureState {...{ image: values.image, local, choose, leave }} />
      {error !== undefined && (
        <p id="picture-error" role="alert" className="mt-1.5 text-error text-small">
          {error}
        </p>
      )}
      {values.image !== '' && (
        <div className="mt-4">
          <StrengthField {...props} />
        </div>
      )}
    </fieldset>
  );
}

interface PictureStateProps {
  readonly image: string;
  readonly local: ReturnType<typeof usePictureUpload>['local'];
  readonly choose: (label: string) => ReactNode;
  readonly leave: (label: string) => ReactNode;
}

/** No picture yet, one on its way, or one that is there. */
function PictureState({ image, local, choose, leave }: PictureStateProps) {
  if (local !== undefined && local.url === undefined) {
    return (
      <Chosen src={local.preview} actions={leave(t('picture.cancel'))}>
        <p className="mb-2 truncate">{t('picture.sending', { name: local.name })}</p>
        <Progress value={local.part * 100} label={t('picture.sending', { name: local.name })} />
      </Chosen>
    );
  }
  if (image !== '') {
    const mine = local?.url === image ? local : undefined;
    return (
      <Chosen
        src={mine?.preview ?? image}
        actions={
          <>
            {choose(t('picture.replace'))}
            {leave(t('picture.remove'))}
          </>
        }
      >
        <p>{t('picture.ready')}</p>
        {mine !== undefined && (
          <p className="truncate text-muted text-small tabular">
            {mine.name} · {t('picture.pixels', mine.pixels)}
          </p>
        )}
      </Chosen>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-control border border-border border-dashed px-3 py-3">
      {choose(t('picture.choose'))}
      <span className="min-w-0 text-muted text-small">
        {t('picture.how', { size: formatBytes(LIMITS.uploadBytes) })}
      </span>
    </div>
  );
}
