import { describe, expect, it } from 'vitest';
import { AddressBudget } from './address-budget.ts';

const open = () => new AddressBudget({ total: 10, perAddress: 4 });

describe('AddressBudget', () => {
  it('gives an address its share, and others theirs', () => {
    const budget = open();
    expect(budget.acquire('a', 3)).toBeDefined();
    expect(budget.acquire('a', 2)).toBeUndefined();
    expect(budget.acquire('a', 1)).toBeDefined();
    expect(budget.acquire('b', 4)).toBeDefined();
    expect(budget.acquire('c', 3)).toBeUndefined();
    expect(budget.acquire('c', 2)).toBeDefined();
    expect(budget.total).toBe(10);
  });

  it('takes back what is released, once', () => {
    const budget = open();
    const release = budget.acquire('a', 4);
    budget.acquire('b', 1);
    release?.();
    release?.();
    expect(budget.total).toBe(1);
    expect(budget.acquire('a', 4)).toBeDefined();
    expect(budget.acquire('a', 1)).toBeUndefined();
  });
});
