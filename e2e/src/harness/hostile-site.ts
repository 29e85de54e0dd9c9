import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ways in which a page sends a request to another origin without asking it first, or at all. */
export type Vector =
  | 'image'
  | 'image without referrer'
  | 'script'
  | 'frame'
  | 'prefetch'
  | 'blind fetch'
  | 'EventSource'
  | 'beacon'
  | 'form'
  | 'form of text'
  | 'form with files'
  | 'WebSocket';

export interface Attack {
  readonly vector: Vector;
  readonly url: string;
  /** Of fetches and forms. Default: GET. */
  readonly method?: 'GET' | 'POST';
}

/** A web server that is not Darkroom's. */
export interface HostileSite {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a site of empty pages; `/redirect?to=…` sends the browser on. */
export async function startHostileSite(): Promise<HostileSite> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://evil.test');
    if (pathname === '/redirect') response.writeHead(302, { location: searchParams.get('to') ?? '/' });
    else response.setHeader('content-type', 'text/html');
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** In the page: sends all of it, with the cookies of the target; resolves when the browser is done with what it reports the end of. */
export async function attack(attacks: readonly Attack[]): Promise<void> {
  const ended = (target: EventTarget, ...names: string[]) =>
    new Promise<void>((resolve) => {
      for (const name of names) target.addEventListener(name, () => resolve());
    });
  const load = (element: HTMLElement, attributes: Record<string, string>) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    const loaded = ended(element, 'load', 'error');
    document.body.append(element);
    return loaded;
  };
  const submit = (url: string, method: string, enctype: string) => {
    const frame = document.createElement('iframe');
    frame.name = `frame-${document.forms.length}`;
    document.body.append(frame);
    const form = document.createElement('form');
    const { origin, pathname, searchParams } = new URL(url);
    Object.assign(form, { action: origin + pathname, method, enctype, target: frame.name });
    for (const [name, value] of new URLSearchParams([...searchParams, ['prompt', 'x']])) {
      const input = document.createElement('input');
      Object.assign(input, { name, value });
      form.append(input);
    }
    document.body.append(form);
    const loaded = ended(frame, 'load');
    form.submit();
    return loaded;
  };
  const send = async ({ vector, url, method = 'GET' }: Attack): Promise<void> => {
    switch (vector) {
      case 'image':
        return load(document.createElement('img'), { src: url });
      case 'image without referrer':
        return load(document.createElement('img'), { referrerpolicy: 'no-referrer', src: url });
      case 'script':
        return load(document.createElement('script'), { src: url });
      case 'frame':
        return load(document.createElement('iframe'), { src: url });
      case 'prefetch':
        return load(document.createElement('link'), { rel: 'prefetch', href: url });
      case 'blind fetch': {
        const body = method === 'POST' ? { body: '{"prompt": "x"}' } : {};
        await fetch(url, {
          method,
          mode: 'no-cors',
          credentials: 'include',
          referrerPolicy: 'no-referrer',
          ...body,
        }).catch(() => {});
        return;
      }
      case 'EventSource': {
        const source = new EventSource(url, { withCredentials: true });
        await ended(source, 'error');
        return source.close();
      }
      case 'beacon':
        return void navigator.sendBeacon(url, '{"prompt": "x"}');
      case 'form':
        return submit(url, method, 'application/x-www-form-urlencoded');
      case 'form of text':
        return submit(url, method, 'text/plain');
      case 'form with files':
        return submit(url, method, 'multipart/form-data');
      case 'WebSocket':
        return ended(new WebSocket(url.replace('http', 'ws')), 'close');
    }
  };
  await Promise.all(attacks.map(send));
}
