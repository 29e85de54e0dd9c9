const MAX_NAMED = 20;

/** What was found: all of it counted, the first of it named, so that a long list takes no memory. */
export class Findings {
  readonly named: string[] = [];
  count = 0;

  add(name: string): void {
    this.count++;
    if (this.named.length < MAX_NAMED) this.named.push(name);
  }
}
