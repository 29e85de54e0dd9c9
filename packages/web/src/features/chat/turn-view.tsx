import { memo, useState } from 'react';
import { useLanguage } from '../../i18n/use-language.ts';
import { BotMessage } from './bot-message.tsx';
import { DraftView } from './draft-view.tsx';
import { sameTurn, type Turn, type Version } from './model/turns.ts';
import { UserMessage } from './user-message.tsx';
import { VersionSwitch } from './version-switch.tsx';

/** The id that every version of this turn is a version of. */
function rootOf({ versions: [first] }: Turn): number | undefined {
  const metadata = first?.user?.extra_metadata;
  return (metadata?.type === 'text' ? metadata.version_of : undefined) ?? first?.user?.id;
}

/** Which version is shown: the newest, until the reader turns to another; a new one is turned to. */
function useVersion(versions: readonly Version[]) {
  const [chosen, setChosen] = useState<{ index: number; of: number }>();
  const newest = versions.length - 1;
  const index = chosen?.of === versions.length ? Math.min(chosen.index, newest) : newest;
  return { index, choose: (next: number) => setChosen({ index: next, of: versions.length }) };
}

/** What was asked and what came of it, in the version that is turned to. */
export const TurnView = memo(
  function TurnView({ turn }: { readonly turn: Turn }) {
    useLanguage();
    const { index, choose } = useVersion(turn.versions);
    const [editing, setEditing] = useState(false);
    const version = turn.versions[index];
    if (version === undefined) return null;
    const count = turn.versions.length;
    const versions = count > 1 ? <VersionSwitch index={index} count={count} onChoose={choose} /> : null;
    const { user, bot, draft } = version;
    return (
      <article
        tabIndex={-1}
        className="-m-2 rounded-card focus-visible:-outline-offset-2 flex flex-col gap-1.5 p-2 [contain-intrinsic-size:auto_7rem] [content-visibility:auto]"
      >
        {user !== undefined && (
          <UserMessage
            message={user}
            picture={bot?.extra_metadata.type === 'image' ? bot.extra_metadata : undefined}
            root={rootOf(turn)}
            editing={editing}
            onEdit={setEditing}
          >
            {versions}
          </UserMessage>
        )}
        {bot !== undefined && (
          <BotMessage message={bot} request={user} root={rootOf(turn)} onEdit={() => setEditing(true)} />
        )}
        {draft !== undefined && <DraftView draft={draft}>{versions}</DraftView>}
      </article>
    );
  },
  (a, b) => sameTurn(a.turn, b.turn),
);
