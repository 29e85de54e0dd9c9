/** Home's advanced settings. */
export const messages = {} as const;
