import { LIMITS } from '@darkroom/protocol';
import { t } from '../../i18n/translate.ts';
import { CodeBlock } from './code-block.tsx';
import { examplesFor } from './examples.ts';
import { Section } from './section.tsx';

function Step({ title, body, code }: { title: string; body: string; code: string }) {
  return (
    <li>
      <h3 className="font-medium">{title}</h3>
      <p className="mt-0.5 mb-3 max-w-2xl text-muted">{body}</p>
      <CodeBlock title={title} code={code} />
    </li>
  );
}

/** From nothing to a live job in a minute. */
export function QuickStart() {
  const code = examplesFor(window.location.origin);
  return (
    <Section id="start" title={t('docs.start')} body={t('docs.start.body')}>
      <ol className="space-y-7">
        <Step title={t('docs.create')} body={t('docs.create.body')} code={code.create} />
        <Step title={t('docs.poll')} body={t('docs.poll.body')} code={code.poll} />
        <Step title={t('docs.sse')} body={t('docs.sse.body')} code={code.sse} />
        <Step title={t('docs.ws')} body={t('docs.ws.body', { max: LIMITS.subscriptionsPerSocket })} code={code.ws} />
        <Step title={t('docs.generate')} body={t('docs.generate.body')} code={code.generate} />
      </ol>
    </Section>
  );
}
