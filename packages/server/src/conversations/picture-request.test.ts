import { describe, expect, it } from 'vitest';
import { promptOf, readPictureRequest } from './picture-request.ts';

describe('readPictureRequest', () => {
  it.each([
    ['draw a red boat', 'a red boat'],
    ['Draw: a red boat.', 'a red boat.'],
    ['  DRAW   a red boat ', 'a red boat'],
    ['please draw me a cat\nin two lines', 'a cat\nin two lines'],
    ['Can you please paint us a lighthouse at dusk?', 'a lighthouse at dusk?'],
    ['sketch two foxes', 'two foxes'],
    ['Make me a picture of the sea', 'the sea'],
    ['generate an image: a robot', 'a robot'],
    ['Resim çiz: mutlu bir kedi', 'mutlu bir kedi'],
    ['RESİM ÇİZ: dağlar', 'dağlar'],
    ['resim çiz:kedi', 'kedi'],
    ['Bana bir resim yap, denizde bir tekne', 'denizde bir tekne'],
    ['Çiz: gün batımı', 'gün batımı'],
    ['karda iki tilki çiz', 'karda iki tilki'],
    ['karda iki tilki  çiz', 'karda iki tilki'],
    ['Bana bir kedi çizer misin?', 'bir kedi'],
    ['Bana deniz feneri resmi çiz!', 'deniz feneri'],
  ])('[M3] “%s” asks for “%s”', (content, prompt) => {
    expect(readPictureRequest(content)).toBe(prompt);
  });

  const ENGLISH = [
    ...['draw', 'paint', 'sketch', 'illustrate', 'render'],
    ...['make', 'create', 'generate', 'show'].map((verb) => `${verb} me a picture of`),
    ...['picture', 'image', 'photo', 'drawing', 'painting', 'illustration'].map((noun) => `make an ${noun} of`),
    ...['of', 'showing'].map((word) => `show us the images ${word}`),
    'generate image:',
  ];
  it.each(ENGLISH)('[M3] “%s” asks for an image, politely or not', (asking) => {
    for (const please of ['', 'please ', 'Please, ', 'can you ', 'Could you please ', 'will you ', 'WOULD YOU PLEASE '])
      expect(readPictureRequest(`${please}${asking} a red boat`)).toBe('a red boat');
  });

  const TURKISH = ['çiz', 'ÇİZ', 'ÇIZ', 'yap', 'oluştur', 'olustur'].flatMap((verb) =>
    ['resim', 'Bir RESİM', 'bana resim', 'Bana bir resim'].map((noun) => `${noun} ${verb}`),
  );
  it.each(TURKISH)('[M3] “%s” asks for an image', (asking) => {
    for (const gap of [' ', ': ', ' : ', ', ']) expect(readPictureRequest(`${asking}${gap}bir kedi`)).toBe('bir kedi');
  });

  it.each(['çiz', 'çizin', 'çizsene', 'çizer misin', 'ÇİZER MİSİN'])('[M3] “… %s” asks for an image', (asking) => {
    for (const end of ['', '.', '!', ' ?'])
      for (const noun of ['', ' resmi', ' resmini', ' resim'])
        expect(readPictureRequest(`bana kedi${noun} ${asking}${end}`)).toBe('kedi');
  });

  it.each(['is', 'was', 'are', 'were', 'has', 'had'])('[M3] “Paint %s …” is said of paint', (verb) => {
    expect(readPictureRequest(`Paint ${verb} everywhere`)).toBeUndefined();
    expect(readPictureRequest(`paint ${verb}land`)).toBe(`${verb}land`);
  });

  it.each([
    'hello',
    'draw',
    'draw!',
    'draw: …',
    'çiz',
    'Paint is still wet',
    'I withdraw a question',
    'drawbridge',
    'make me a sandwich',
    'çizgi film',
    'what can you draw',
  ])('[M3] “%s” asks for nothing', (content) => {
    expect(readPictureRequest(content)).toBeUndefined();
  });

  it.each([' ', '\t', 'draw ', 'çiz ', 'a', 'resim ', '. ', 'please '])(
    '[M3] a long message of “%s” is read at once, not in the time of a match that explodes',
    (part) => {
      const content = `x${part.repeat(Math.floor(1_998 / part.length))}x`;
      expect(readPictureRequest(content)).toBeUndefined();
    },
  );
});

describe('promptOf', () => {
  it('[M3] what the sender says about a message counts more than its words', () => {
    expect(promptOf('draw a cat', undefined)).toBe('a cat');
    expect(promptOf('draw a cat', true)).toBe('a cat');
    expect(promptOf('draw a cat', false)).toBeUndefined();
    expect(promptOf('a cat', true)).toBe('a cat');
    expect(promptOf('a cat', undefined)).toBeUndefined();
  });
});
