import type { APIResponse, Page } from 'playwright-core';

/**
 * Sends a POST of JSON with the page's identity, as the page itself would. Playwright's requests say that they are a
 * browser's, and no page's: the server refuses those.
 */
export function postAsPage(page: Page, path: string, data: unknown): Promise<APIResponse> {
  const url = new URL(path, page.url());
  return page.request.post(url.href, { data, headers: { origin: url.origin } });
}
