/** Bounds of something that clients share. */
export interface BudgetBounds {
  /** What all clients may hold together. */
  readonly total: number;
  /** What the clients of one address may hold. */
  readonly perAddress: number;
}

/** Something of which there is only so much, and of which no address can hold all. */
export class AddressBudget {
  readonly #bounds: BudgetBounds;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(bounds: BudgetBounds) {
    this.#bounds = bounds;
  }

  /** What is held now. */
  get total(): number {
    return this.#total;
  }

  /** Holds `amount` for an address until the result is called, which is idempotent. Undefined: there is not so much left. */
  acquire(address: string, amount: number): (() => void) | undefined {
    const held = this.#held.get(address) ?? 0;
    if (this.#total + amount > this.#bounds.total || held + amount > this.#bounds.perAddress) return undefined;
    this.#change(address, amount);
    let isHeld = true;
    return () => {
      if (isHeld) this.#change(address, -amount);
      isHeld = false;
    };
  }

  #change(address: string, amount: number): void {
    const held = (this.#held.get(address) ?? 0) + amount;
    this.#total += amount;
    if (held === 0) this.#held.delete(address);
    else this.#held.set(address, held);
  }
}
