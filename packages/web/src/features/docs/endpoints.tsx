import { clsx } from 'clsx';
import { operationWords, type Words } from '../../i18n/operation-copy.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from './data-table.tsx';
import type { Answer, Endpoint, Parameter } from './openapi.ts';
import { Section } from './section.tsx';
import { useEndpoints } from './use-endpoints.ts';

function Method({ method }: { method: string }) {
  return (
    <span
      className={clsx(
        'inline-flex h-6 w-14 items-center justify-center rounded-md border font-mono font-semibold text-mono',
        method === 'GET'
          ? 'border-success/40 bg-success/10 text-success'
          : 'border-primary/40 bg-primary/10 text-primary',
      )}
    >
      {method}
    </span>
  );
}

const PLACES: Readonly<Record<Parameter['place'], PlainKey>> = {
  path: 'docs.place.path',
  query: 'docs.place.query',
  header: 'docs.place.header',
  cookie: 'docs.place.cookie',
  body: 'docs.place.body',
};

/** Words with `code` in them. */
function Told({ words: { text, lang }, className }: { words: Words; className: string }) {
  const parts = text.split(/`([^`]+)`/);
  return (
    <p lang={lang} className={className}>
      {parts.map((part, index) => {
        const key = `${index} ${part}`;
        if (index % 2 === 0) return part;
        return (
          <code key={key} className="font-mono text-mono text-text">
            {part}
          </code>
        );
      })}
    </p>
  );
}

function Parameters({ label, parameters }: { label: string; parameters: readonly Parameter[] }) {
  const rows = parameters.map(({ name, place, type, required, description }) => ({
    key: `${place}.${name}`,
    cells: [
      <span key="name" className="whitespace-nowrap font-mono text-mono">
        {name}
        {required && <span className="ml-2 font-sans text-small text-warning">{t('docs.required')}</span>}
      </span>,
      <span key="place" className="text-muted">
        {t(PLACES[place])}
      </span>,
      <span key="type">
        <span className="font-mono text-mono text-muted">{type}</span>
        {description !== '' && (
          <span lang="en" className="mt-0.5 block text-muted text-small">
            {description}
          </span>
        )}
      </span>,
    ],
  }));
  return <DataTable label={label} head={[t('docs.parameter'), t('docs.place'), t('docs.type')]} rows={rows} />;
}

function Answers({ answers }: { answers: readonly Answer[] }) {
  return (
    <p className="mt-3 flex flex-wrap items-baseline gap-x-4 gap-y-1 text-muted text-small">
      {t('docs.answers')}
      {answers.map(({ status, members }) => (
        <code key={status} className="font-mono text-mono">
          <span className="text-text">{status}</span>
          {members.length > 0 && ` { ${members.join(', ')} }`}
        </code>
      ))}
    </p>
  );
}

function EndpointCard({ endpoint }: { endpoint: Endpoint }) {
  const { method, path, parameters, answers } = endpoint;
  const { summary, description } = operationWords(endpoint);
  return (
    <Card className="p-4 sm:p-5">
      <h3 className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <Method method={method} />
        <code className="break-all font-mono text-body">{path}</code>
      </h3>
      <Told words={summary} className="mt-2 font-medium" />
      {description.text !== '' && <Told words={description} className="mt-0.5 max-w-2xl text-muted" />}
      {parameters.length > 0 && (
        <div className="mt-4">
          <Parameters label={`${method} ${path}`} parameters={parameters} />
        </div>
      )}
      {answers.length > 0 && <Answers answers={answers} />}
    </Card>
  );
}

function Loading() {
  return (
    <div role="status" className="space-y-4">
      <span className="sr-only">{t('docs.endpoints.loading')}</span>
      <div aria-hidden="true" className="shimmer h-40 rounded-card" />
      <div aria-hidden="true" className="shimmer h-40 rounded-card" />
    </div>
  );
}

/** Every endpoint, as the server itself describes it. */
export function Endpoints() {
  const { endpoints, failed, retry } = useEndpoints();
  const again = (
    <Button size="sm" onClick={retry}>
      {t('docs.endpoints.retry')}
    </Button>
  );
  return (
    <Section id="endpoints" title={t('docs.endpoints')}>
      {failed && <Callout tone="warning" title={t('docs.endpoints.failed')} actions={again} />}
      {!failed && endpoints === undefined && <Loading />}
      <div className="space-y-4">
        {endpoints?.map((endpoint) => (
          <EndpointCard key={`${endpoint.method} ${endpoint.path}`} endpoint={endpoint} />
        ))}
      </div>
    </Section>
  );
}
