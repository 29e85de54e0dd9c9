/** Lines of a server's log that are kept: more than a test causes. */
const MAX_LINES = 2_000;

const servers = new Map<string, string[]>();

/** Where a server of this test file writes its log, line by line; `name` tells it from the others. */
export function keepServerLog(name: string): (text: string) => void {
  const lines: string[] = [];
  servers.set(name, lines);
  return (text) => {
    lines.push(...text.split('\n').filter(Boolean));
    lines.splice(0, lines.length - MAX_LINES);
  };
}

/** The newest lines of the logs of all servers that this test file has started, each under its server's name. */
export function readServerLogs(): string {
  return [...servers].map(([name, lines]) => `--- ${name}\n${lines.join('\n')}\n`).join('\n');
}
