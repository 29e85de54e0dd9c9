/** `i` and `I` fold to other letters in Turkish, so both alphabets are matched by hand. */
const CIZ = 'ç[iıİI]z';
/** What may stand between the asking and its object. */
const GAP = String.raw`(?:\s*[:,]\s*|\s+)`;
const PLEASE = String.raw`(?:please,?\s+)?(?:(?:can|could|will|would)\s+you\s+)?(?:please\s+)?`;

/** Ways to ask for a picture; each captures what it is to show. */
const ASKING: readonly RegExp[] = [
  // "Resim çiz: …", "Bana bir resim yap …"
  String.raw`^(?:bana\s+)?(?:bir\s+)?res[iıİI]m\s+(?:${CIZ}|yap|olu[şs]tur)${GAP}(?<prompt>.+)$`,
  // "Çiz: …"
  `^${CIZ}${GAP}(?<prompt>.+)$`,
  // "… çiz", "Bana … resmi çizer misin?"
  String.raw`^(?:bana\s+)?(?<prompt>.+?)(?:\sres(?:mi|mini|im))?\s${CIZ}(?:er\sm[iıİI]s[iıİI]n|sene|in)?\s*[.!?]*$`,
  // "draw …", "Can you please paint me …"; "Paint is wet" is no wish.
  String.raw`^${PLEASE}(?:draw|paint|sketch|illustrate|render)\b(?!\s+(?:is|was|are|were|has|had)\b)(?:\s+(?:me|us)\b)?${GAP}(?<prompt>.+)$`,
  // "make me a picture of …", "Generate an image: …"
  String.raw`^${PLEASE}(?:make|create|generate|show)\s+(?:(?:me|us)\s+)?(?:an?\s+|the\s+)?(?:picture|image|photo|drawing|painting|illustration)s?\s*(?:of\b|showing\b|:)\s*(?<prompt>.+)$`,
].map((pattern) => new RegExp(pattern, 'isu'));

/** What the picture is to show, if the words ask for one; undefined: they do not (rule M3). */
export function readPictureRequest(content: string): string | undefined {
  const words = content.trim();
  for (const pattern of ASKING) {
    const prompt = pattern.exec(words)?.groups?.['prompt']?.trim();
    if (prompt !== undefined && /[\p{L}\p{N}]/u.test(prompt)) return prompt;
  }
  return undefined;
}

/** The prompt of a message: what its sender said about it counts more than its words. */
export function promptOf(content: string, picture: boolean | undefined): string | undefined {
  if (picture === false) return undefined;
  return readPictureRequest(content) ?? (picture === true ? content : undefined);
}
