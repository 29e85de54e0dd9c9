import { describe, expect, it } from 'vitest';
import { OriginPolicy } from './origin-policy.ts';

const ADDRESS = { isSecure: false, host: 'nas.local:8787' };
const OWN = 'http://nas.local:8787';
const EVIL = 'https://evil.example';
const FRIEND = 'https://friend.example';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

const alone = new OriginPolicy([], undefined);
const befriended = new OriginPolicy([FRIEND], undefined);

type Headers = Record<string, string>;
const request = (method: string, headers: Headers, address = ADDRESS) => ({ method, headers, address });

describe('A page’s own origin', () => {
  it.each([
    ['http', 'nas.local:8787', 'http://nas.local:8787', true],
    ['http', 'NAS.local:8787', 'http://nas.local:8787', true],
    ['http', 'nas.local:80', 'http://nas.local', true],
    ['https', 'nas.local', 'https://nas.local', true],
    ['https', 'nas.local:443', 'https://nas.local', true],
    ['http', '[::1]:8787', 'http://[::1]:8787', true],
    ['http', '127.0.0.1:8787', 'http://localhost:8787', false],
    ['http', 'nas.local:8787', 'http://nas.local:3000', false],
    ['http', 'nas.local:8787', 'http://nas.local', false],
    ['http', 'nas.local', 'https://nas.local', false],
    ['https', 'nas.local', 'http://nas.local', false],
    ['http', 'nas.local:8787', 'http://sub.nas.local:8787', false],
    ['http', 'nas.local:8787', 'null', false],
    ['http', 'nas.local:8787', '', false],
    ['http', 'nas.local:8787', 'http://nas.local:8787, http://evil.example', false],
    ['http', '1.2.3.999', 'http://1.2.3.999', false],
  ])('over %s at %s: %j is own: %s', (scheme, host, origin, isOwn) => {
    const address = { isSecure: scheme === 'https', host };
    expect(alone.allowsAct(request('POST', { origin }, address), false)).toBe(isOwn);
    expect(alone.isForeign(request('POST', { origin }, address))).toBe(!isOwn);
  });

  const PUBLIC = new OriginPolicy([], new URL('https://darkroom.example/app'));

  it('is that of PUBLIC_URL, whatever Host a proxy writes', () => {
    expect(PUBLIC.allowsAct(request('POST', { origin: 'https://darkroom.example' }), false)).toBe(true);
    expect(PUBLIC.allowsAct(request('POST', { origin: OWN }), false)).toBe(true);
  });

  it('has the scheme of PUBLIC_URL, also where the proxy does not say how it was reached', () => {
    const address = { isSecure: false, host: 'darkroom.example' };
    const allows = (origin: string) => PUBLIC.allowsAct(request('POST', { origin }, address), false);
    expect([allows('https://darkroom.example'), allows('http://darkroom.example')]).toEqual([true, false]);
  });

  it('is not believed where Sec-Fetch-Site says that another origin asks', () => {
    // A proxy that leaves the port out of Host makes two servers of one machine look alike.
    for (const site of ['same-site', 'cross-site', 'same-origin, cross-site', '']) {
      const headers = { origin: OWN, 'sec-fetch-site': site };
      expect(alone.allowsAct(request('POST', headers), false)).toBe(false);
      expect(alone.isForeign(request('POST', headers))).toBe(true);
    }
  });
});

describe('allowsAct', () => {
  it.each<[string, string, Headers, boolean]>([
    ['own page', 'POST', { origin: OWN, 'sec-fetch-site': 'same-origin' }, true],
    ['own page, old browser', 'POST', { origin: OWN, 'user-agent': CHROME }, true],
    ['own page, GET', 'GET', { 'sec-fetch-site': 'same-origin', 'user-agent': CHROME }, true],
    ['own page, GET at plain http', 'GET', { referer: `${OWN}/jobs/1`, 'user-agent': CHROME }, true],
    ['other site', 'POST', { origin: EVIL }, false],
    ['sandboxed frame', 'POST', { origin: 'null' }, false],
    ['other site, no Origin', 'POST', { 'sec-fetch-site': 'cross-site' }, false],
    ['other port of the machine, no Origin', 'POST', { 'sec-fetch-site': 'same-site' }, false],
    ['unknown Sec-Fetch-Site', 'POST', { 'sec-fetch-site': 'whatever' }, false],
    ['extension', 'POST', { 'sec-fetch-site': 'none' }, true],
    ['address bar', 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1' }, false],
    ['image of another site', 'GET', { 'sec-fetch-site': 'cross-site', referer: OWN }, false],
    ['image of another site at plain http', 'GET', { 'user-agent': CHROME }, false],
    ['the same with its Referer', 'GET', { 'user-agent': CHROME, referer: `${EVIL}/page` }, false],
    ['a Referer that begins like an own one', 'GET', { 'user-agent': CHROME, referer: `${OWN}.evil.example/` }, false],
    ['a Referer that is no address', 'GET', { 'user-agent': CHROME, referer: 'nas.local:8787' }, false],
    ['an empty Referer', 'GET', { 'user-agent': CHROME, referer: '' }, false],
    ['form of another site, old browser', 'POST', { 'user-agent': CHROME }, false],
    ['browser without Mozilla in its name', 'GET', { 'user-agent': 'App/1', 'accept-language': 'en-GB' }, false],
    ['the same, in a window', 'GET', { 'upgrade-insecure-requests': '1' }, false],
    ['Opera Mini', 'POST', { 'user-agent': 'Opera/9.80 (J2ME/MIDP) Version/12.16' }, false],
    ['curl', 'POST', { 'user-agent': 'curl/8.14.1', accept: '*/*' }, true],
    ['undici', 'GET', { 'user-agent': 'node', 'accept-language': '*', 'sec-fetch-mode': 'cors' }, true],
    ['python', 'DELETE', { 'user-agent': 'python-requests/2.32', accept: '*/*' }, true],
    ['nothing', 'GET', {}, true],
    ['PowerShell', 'POST', { 'user-agent': 'Mozilla/5.0 (Windows NT; en-GB) WindowsPowerShell/5.1' }, true],
    // Safari loads the icon that a page names under this name.
    [
      'icon of another site',
      'GET',
      { 'user-agent': 'MobileSafari/8622 CFNetwork/3860', 'accept-language': 'en' },
      false,
    ],
    ['program that names another page', 'POST', { 'user-agent': 'curl/8', referer: EVIL }, false],
  ])('%s: %s %j → %s', (_who, method, headers, isAllowed) => {
    expect(alone.allowsAct(request(method, headers), false)).toBe(isAllowed);
  });

  it('lets listed pages act, but not blindly', () => {
    const site = { 'sec-fetch-site': 'cross-site' };
    expect(befriended.allowsAct(request('POST', { ...site, origin: FRIEND }), false)).toBe(true);
    expect(befriended.allowsAct(request('GET', { ...site, origin: FRIEND }), false)).toBe(true);
    expect(befriended.allowsAct(request('GET', { ...site, referer: FRIEND }), false)).toBe(false);
    expect(befriended.allowsAct(request('POST', { ...site, origin: EVIL }), false)).toBe(false);
    expect(befriended.allowsAct(request('POST', { ...site, origin: FRIEND }), true)).toBe(false);
    const all = new OriginPolicy(['*'], undefined);
    expect(all.allowsAct(request('POST', { ...site, origin: EVIL }), false)).toBe(true);
    expect(all.allowsAct(request('POST', site), false)).toBe(false);
    expect(all.allowsAct(request('POST', { ...site, origin: EVIL }), true)).toBe(false);
  });
});

describe('isForeign', () => {
  it.each<[string, Headers, boolean]>([
    ['a program', {}, false],
    ['an own page', { origin: OWN, 'sec-fetch-site': 'same-origin' }, false],
    ['the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, false],
    ['a link of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, false],
    ['an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, true],
    ['an image of another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, true],
    ['another origin', { origin: EVIL }, true],
    ['a form of another origin', { origin: EVIL, 'sec-fetch-mode': 'navigate' }, true],
    ['a listed origin', { origin: FRIEND }, true],
  ])('%s: %j → %s', (_who, headers, isForeign) => {
    expect(befriended.isForeign(request('GET', headers))).toBe(isForeign);
  });
});

describe('allowsOrigin', () => {
  it('asks for nothing but an own or a listed Origin, where there is one', () => {
    const allows = (headers: Headers, isOwnOnly = false) =>
      befriended.allowsOrigin(request('GET', { ...headers, 'user-agent': CHROME }), isOwnOnly);
    expect([allows({}), allows({ origin: OWN }), allows({ origin: FRIEND })]).toEqual([true, true, true]);
    expect([allows({ origin: EVIL }), allows({ origin: FRIEND }, true)]).toEqual([false, false]);
  });
});
