/** Whether a picture's address is that of one which stands where none was made. */
export function isPlaceholder(url: string): boolean {
  return url.startsWith('/api/placeholders/');
}
