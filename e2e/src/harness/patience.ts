/**
 * How long a fact is waited for, in milliseconds. It only ends a wait for something that will never come: far longer
 * than any page takes on a busy machine, and shorter than a test may take, so that the failure names the fact.
 */
export const PATIENCE_MS = 180_000;
