/** A theme of the vocabulary: what a scene may hold, and the words for it. Singular forms; a word may be several words. */
export type WordList = Readonly<Record<string, readonly string[]>>;
