/**
 * Ends with 0 if this process answers and can store. That a backend somewhere else is down makes `/api/health` answer
 * 503, and is no reason to restart a server.
 */
const PORT = process.env.PORT || '8787';

const response = await fetch(`http://127.0.0.1:${PORT}/api/health`, { signal: AbortSignal.timeout(5_000) });
const { storage } = await response.json();
if (!storage?.ok) {
  console.error(storage?.message ?? `health answered ${response.status}`);
  process.exit(1);
}
