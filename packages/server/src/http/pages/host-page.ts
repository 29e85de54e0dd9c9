import { ERROR_INFO, type Language } from '@darkroom/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_HEADERS } from '../security-headers.ts';
import { LANGUAGE_VARY, readerLanguage } from './reader-language.ts';

interface HostPageTexts {
  readonly title: string;
  readonly refused: (name: string) => string;
  readonly reason: string;
  readonly advice: string;
}

const TEXTS: Readonly<Record<Language, HostPageTexts>> = {
  en: {
    title: 'Unknown host name',
    refused: (name) => `Darkroom does not answer under the name <strong>${name}</strong>.`,
    reason:
      'A website can point a name of its own at your server. Darkroom therefore answers only under names that it knows.',
    advice: 'If this is a name of your server, add it to the server’s settings and restart Darkroom:',
  },
  tr: {
    title: 'Bilinmeyen alan adı',
    refused: (name) => `Darkroom <strong>${name}</strong> adıyla yanıt vermiyor.`,
    reason:
      'Bir web sitesi kendi alan adını sizin sunucunuza yönlendirebilir. Darkroom bu yüzden yalnızca bildiği adlarla yanıt verir.',
    advice: 'Bu ad sizin sunucunuza aitse sunucu ayarlarına ekleyin ve Darkroom’u yeniden başlatın:',
  },
};

function hostPage(language: Language, name: string): string {
  const { title, refused, reason, advice } = TEXTS[language];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title} · Darkroom</title></head>
<body><h1>${title}</h1><p>${refused(name)}</p><p>${reason}</p><p>${advice}</p><pre>ALLOWED_HOSTS=${name}</pre></body>
</html>
`;
}

/** Answers a browser that asked for a page under `name`, which is one of `hostName`: letters, digits and `.-_` alone. */
export function sendHostPage({ headers }: FastifyRequest, reply: FastifyReply, name: string): void {
  reply
    .code(ERROR_INFO.HOST_NOT_ALLOWED.status)
    .headers(PAGE_HEADERS)
    .header('vary', LANGUAGE_VARY)
    .type('text/html; charset=utf-8')
    .send(hostPage(readerLanguage(headers), name));
}
