/** What came in, in order; a test waits for what it wants to see instead of for time. */
export class Inbox<T> {
  readonly all: T[] = [];
  #cursor = 0;
  #ended: string | undefined;
  #wake: () => void = () => {};

  push(item: T): void {
    this.all.push(item);
    this.#wake();
  }

  /** Nothing more will come: who still waits fails. */
  end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  /** The first item not looked at yet that satisfies `condition`; those before it are passed over. */
  async next(condition: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      while (this.#cursor < this.all.length) {
        const item = this.all[this.#cursor++];
        if (item !== undefined && condition(item)) return item;
      }
      if (this.#ended !== undefined) throw new Error(`waited in vain: ${this.#ended}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
