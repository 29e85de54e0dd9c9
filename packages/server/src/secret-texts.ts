/** The environment, or part of one. */
type Variables = Readonly<Record<string, string | undefined>>;

/** What takes the place of a secret. */
const GONE = '…';
/** Shorter texts are everywhere: a log without them could not be read. */
const MIN_CHARS = 4;
const SECRET_VARIABLE =
  /^(?:[A-Z0-9_]+_API_KEY|REPLICATE_API_TOKEN|FAL_KEY|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|IDENTITY_KEYS|PGPASSWORD)$/;
/** Names of options in a URL whose values are secrets. */
const SECRET_NAME = /pass|pwd|secret|token|auth|credential|key/i;
const SECRET_OPTION = /([\w-]*(?:pass|pwd|secret|token|auth|credential|key)[\w-]*=)[^&\s"]*/gi;

/** The value of a setting, for a message: secrets of a URL do not belong there, even of one that cannot be read. */
export const withoutPassword = (value: string): string =>
  value.replace(/\/\/.*@/s, `//${GONE}@`).replace(SECRET_OPTION, `$1${GONE}`);

/** The value of an option, for a message. */
export const shownValue = (name: string, value: string): string =>
  SECRET_NAME.test(name) ? GONE : withoutPassword(value);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An option such as `keyFrom` names a variable; another value may be the key itself, put there by mistake. */
const isSecretOption = ([name, value]: readonly [string, string]) =>
  SECRET_NAME.test(name) && !/^[A-Z][A-Z0-9_]*_API_KEY$/.test(value);

/** The password of a URL, as it is written and as it is sent, and what else in it is secret by its name. */
function secretsOfUrl(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, searchParams } = new URL(text);
  const options = [...searchParams].filter(isSecretOption).map(([, value]) => value);
  const pair = `${decoded(username)}:${decoded(password)}`;
  return password === '' ? options : [...options, password, decoded(password), Buffer.from(pair).toString('base64')];
}

/** Every secret text of the environment, the longest first: values of the variables that hold secrets, and passwords in URLs. */
export function secretsIn(environment: Variables): readonly string[] {
  const found = Object.entries(environment).flatMap(([name, value = '']) => {
    const parts = value.split(/[\s,]+/);
    const keys = name === 'IDENTITY_KEYS' ? parts.map((part) => part.replace(/^.*:/, '')) : [value.trim()];
    return [...parts.flatMap(secretsOfUrl), ...(SECRET_VARIABLE.test(name) ? keys : [])];
  });
  return [...new Set(found)].filter(({ length }) => length >= MIN_CHARS).sort((a, b) => b.length - a.length);
}

/** Makes a function that takes the secrets of the environment out of a text, such as a line of the log. */
export function createRedaction(environment: Variables): (text: string) => string {
  const secrets = secretsIn(environment).flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (text) =>
    secrets
      .reduce((rest, secret) => rest.replaceAll(secret, GONE), text)
      .replace(/(\/\/[^\s:/@"]*):[^\s/"]*@/g, `$1:${GONE}@`);
}
