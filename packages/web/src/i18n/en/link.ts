/** “Continue on another device”: the dialog that makes the link, and the page it leads to. */
export const messages = {
  'link.intro': 'The other device will show the same conversations and jobs as this one.',
  'link.care': 'The link works once, for whoever opens it first: show it to nobody else.',
  'link.scan': 'Point its camera at the code, or open the link there.',
  'link.code': 'QR code of the link',
  'link.address': 'Link',
  'link.copy': 'Copy',
  'link.ready': 'The link is ready.',
  'link.left': 'Good for another {duration}',
  'link.over': 'This link has expired.',
  'link.renew': 'Make a new one',
  'link.retry': 'Try again',
  'link.close': 'Close',
  'link.local': 'Other devices cannot reach {host}.',
  'link.local.advice':
    'Open the link there with an address of this computer in its place, or have PUBLIC_URL set on the server.',

  'link.page.meta': 'Continue on This Device',
  'link.page.description': 'See the same conversations and jobs here as on your other device.',
  'link.page.title': 'Continue on this device?',
  'link.page.body':
    'This device will show the same conversations and jobs as the one the link comes from. What you do on one, the other shows.',
  'link.page.care': 'Go on only if your own device made the link',
  'link.page.care.body': 'Otherwise somebody else will see what you ask for here.',
  'link.page.own': 'There are conversations or jobs on this device already',
  'link.page.own.body': 'What the other device does not have stays on the server, but will no longer be listed here.',
  'link.page.confirm': 'Continue here',
  'link.page.leave': 'Not now',
  'link.page.same': 'This device already shows them',
  'link.page.same.body': 'Open the link on the other device: it can still be used there.',
  'link.page.none': 'There is no link here',
  'link.page.none.body':
    'A link works once, and leaves the address bar when it is opened. Make a new one on the device that has your conversations: “Continue on another device”.',
  'link.page.chat': 'Go to Chat',
} as const;
