/** The shell, and what every page shares. Always loaded. */
export const messages = {
  'app.name': 'Darkroom',
  'app.skip': 'Skip to content',
  'app.nav': 'Main',
  'app.chat': 'Chat',
  'app.history': 'History',
  'app.docs': 'Docs',
  'app.status': 'Status',
  'app.queue': 'Your jobs',
  'app.queue.count': { one: 'Your jobs: {count} active', other: 'Your jobs: {count} active' },
  'app.language': 'Language',
  'app.user': 'Signed in as {name}',
  'app.user.title': 'Signed in as',
  'app.user.body': 'Your conversations and your jobs are the same on all your devices.',
  'app.loading': 'Loading…',
  'app.link': 'Continue on another device',
  'app.footer': 'Self-hosted, real-time image generation.',
  'app.footer.status': 'Server status',
  'app.footer.openapi': 'OpenAPI',

  'notFound.title': 'Page not found',
  'notFound.body': 'There is nothing at this address. Check the link, or start from the beginning.',
  'notFound.home': 'Go to Home',

  'crash.title': 'Something broke on this page',
  'crash.body': 'It is our fault, not yours. Your jobs are safe on the server: load the page again to go on.',
  'crash.reload': 'Load again',
  'crash.details': 'Technical details',

  'home.title': 'Generate Images',
  'home.description': 'Start an image generation job and track it live.',

  'loading.away': 'It will open as soon as the server is back.',
  'loading.failed': 'This part could not be loaded.',
  'loading.failed.advice': 'Load the page again.',

  'error.unavailable': 'The server is not available.',
  'error.unavailable.advice': 'Nothing is lost. Check that the server is running, then try again.',

  'status.queued': 'Queued',
  'status.running': 'Running',
  'status.uploading': 'Uploading',
  'status.completed': 'Completed',
  'status.failed': 'Failed',
  'status.cancelled': 'Cancelled',

  'backend.ready': 'Ready',
  'backend.busy': 'Busy',
  'backend.trying': 'Recovering',
  'backend.resting': 'Resting',
  'backend.down': 'Not answering',

  'error.details': 'Details',

  'style.none': 'None',
  'style.flat': 'Flat',
  'style.watercolour': 'Watercolour',
  'style.neon': 'Neon',
  'style.sepia': 'Sepia',
  'style.pixel': 'Pixel',
  'style.ink': 'Ink',
  'style.oil': 'Oil',
  'style.riso': 'Risograph',

  'options.size': '{size} × {size}',
  'options.steps': { one: '{count} step', other: '{count} steps' },
  'options.seed': 'Seed {seed}',

  'copy.done': 'Copied',
  'copy.failed': 'Copying is not allowed here. Select the text and copy it by hand.',
  'toast.region': 'Notifications',
  'toast.close': 'Dismiss',
} as const;
