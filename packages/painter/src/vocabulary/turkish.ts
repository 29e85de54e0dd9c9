import type { Place } from '../scene-description.ts';
import type { Season, TimeOfDay, Weather } from './sky.ts';
import type { StyleName } from './styles.ts';
import type { SubjectKind } from './subjects.ts';
import type { TerrainName } from './terrain.ts';

/** Words of a theme, parted by commas. A compound stands with the ending that makes it one: “deniz feneri”. */
type Words<Key extends string> = Readonly<Record<Key, string>>;

/** The vocabulary in Turkish: for every thing it knows, the words for it. */
export const TURKISH_SUBJECTS: Words<SubjectKind> = {
  cat: 'kedi, yavru kedi, tekir',
  dog: 'köpek, yavru köpek, tazı, kangal',
  fox: 'tilki',
  wolf: 'kurt, çakal',
  rabbit: 'tavşan',
  bear: 'ayı, kutup ayısı, boz ayı, oyuncak ayı',
  deer: 'geyik, ceylan, karaca, ren geyiği',
  horse: 'at, tay, kısrak, aygır, midilli',
  unicorn: 'tek boynuzlu at, tekboynuz, pegasus',
  elephant: 'fil, mamut',
  sheep: 'koyun, kuzu, koç',
  owl: 'baykuş',
  penguin: 'penguen',
  camel: 'deve',
  dragon: 'ejderha, ejder',
  bird: 'kuş, martı, kırlangıç, karga, kuzgun, kartal, şahin, kaz, turna, güvercin, kumru',
  butterfly: 'kelebek, güve',
  whale: 'balina, katil balina',
  dolphin: 'yunus, yunus balığı',
  duck: 'ördek, kuğu',
  fish: 'balık, japon balığı, palyaço balığı, somon, köpekbalığı, köpek balığı',
  jellyfish: 'denizanası, deniz anası, ahtapot, kalamar',
  turtle: 'kaplumbağa, deniz kaplumbağası',
  tree: 'ağaç, meşe, çınar, akçaağaç, huş, söğüt, elma ağacı, kiraz ağacı, kiraz çiçeği',
  pine: 'çam, çam ağacı, köknar, ladin, sedir, selvi, servi, yılbaşı ağacı',
  palm: 'palmiye, palmiye ağacı, hurma ağacı',
  flower: 'çiçek, lale, papatya, gelincik, gül, ayçiçeği, zambak, orkide, buket, kır çiçeği',
  mushroom: 'mantar',
  cactus: 'kaktüs',
  person:
    'kişi, insan, adam, erkek, kadın, kız, oğlan, çocuk, gezgin, yolcu, dağcı, keşiş, prenses, büyücü, şövalye, samuray, arkadaş, kardan adam',
  robot: 'robot, android',
  house: 'ev, kulübe, köy, köy evi, dağ evi, ahır, çiftlik evi',
  castle: 'kale, şato, saray, hisar',
  temple: 'tapınak, pagoda, türbe',
  mosque: 'cami, camii, ayasofya, minare',
  lighthouse: 'deniz feneri',
  windmill: 'yel değirmeni, değirmen, rüzgar türbini',
  tent: 'çadır, kamp',
  campfire: 'kamp ateşi, ateş, şömine',
  lantern: 'fener, kağıt fener, dilek feneri',
  car: 'araba, otomobil, kamyon, kamyonet, minibüs, taksi, araç',
  train: 'tren, lokomotif, tramvay, demiryolu',
  boat: 'tekne, yelkenli, yelkenli tekne, yat, kano, sandal, kayık, yelken',
  ship: 'gemi, korsan gemisi, kalyon, vapur, feribot',
  balloon: 'balon, sıcak hava balonu, zeplin',
  plane: 'uçak, kağıt uçak, jet',
  kite: 'uçurtma',
  rocket: 'roket, uzay gemisi, uzay mekiği',
  astronaut: 'astronot, kozmonot, uzay adamı',
  ufo: 'ufo, uçan daire, uzaylı, uzaylı gemisi',
  sun: 'güneş',
  moon: 'ay, dolunay, hilal, yarımay',
  star: 'yıldız, takımyıldız, samanyolu',
  cloud: 'bulut',
  rainbow: 'gökkuşağı',
  aurora: 'kutup ışığı, kuzey ışığı, aurora',
  comet: 'kuyruklu yıldız, kayan yıldız, göktaşı, meteor',
  planet: 'gezegen, satürn, jüpiter, dünya',
};

export const TURKISH_TERRAINS: Words<TerrainName> = {
  mountains: 'dağ, zirve, doruk, uçurum, fiyort, sıradağ',
  hills: 'tepe, kırsal, vadi, yayla',
  sea: 'deniz, okyanus, su, dalga, körfez, liman, boğaz',
  beach: 'plaj, sahil, kumsal, kıyı, deniz kıyısı, deniz kenarı',
  lake: 'göl, gölet, lagün, göl kıyısı, yansıma',
  river: 'nehir, ırmak, dere, çay',
  desert: 'çöl, kumul, kum, vaha, kanyon',
  forest: 'orman, koru, koruluk, yağmur ormanı',
  city: 'şehir, kent, kasaba, sokak, cadde, gökdelen, bina, silüet, metropol, ankara, izmir',
  meadow: 'çayır, tarla, çimen, çimenlik, bozkır, bahçe, park, çiftlik, otlak, kır, savana',
  snowfield: 'kar, buz, buzul, buzdağı, kuzey kutbu, kutup, tundra',
  space: 'uzay, galaksi, gökada, evren, kozmos, bulutsu, yörünge',
  underwater: 'su altı, sualtı, deniz altı, deniz dibi, mercan, mercan resifi, resif, akvaryum',
};

export const TURKISH_TIMES: Words<TimeOfDay> = {
  dawn: 'şafak, gün doğumu, gündoğumu, güneş doğarken, sabah, tan, seher',
  day: 'gün, gündüz, öğle, öğlen, öğleden sonra, gün ışığı',
  sunset: 'gün batımı, günbatımı, altın saat, güneş batarken, batan güneş',
  dusk: 'alacakaranlık, akşam, akşamüstü, akşam üstü, mavi saat',
  night: 'gece, gece yarısı, yıldızlı, ay ışığı, mehtap, mehtaplı',
};

export const TURKISH_WEATHERS: Words<Weather> = {
  clear: 'açık hava, güneşli, bulutsuz, berrak',
  cloudy: 'bulutlu, kapalı hava, kasvetli',
  rain: 'yağmur, yağmurlu, sağanak, çiseleyen',
  storm: 'fırtına, fırtınalı, şimşek, yıldırım, gök gürültüsü, kasırga',
  snow: 'karlı, kar yağışı, kar yağıyor, kar yağarken, kar fırtınası, tipi, kar tanesi',
  fog: 'sis, sisli, pus, puslu',
  wind: 'rüzgar, rüzgarlı, esinti, esintili, meltem',
};

export const TURKISH_SEASONS: Words<Season> = {
  spring: 'bahar, ilkbahar, nisan',
  summer: 'yaz, temmuz, yazlık',
  autumn: 'güz, sonbahar, ekim, kasım',
  winter: 'kış, ocak, aralık, yılbaşı',
};

export const TURKISH_STYLES: Words<StyleName> = {
  flat: 'düz tasarım, vektör, minimalist, minimal, afiş, illüstrasyon',
  watercolour: 'suluboya, sulu boya, akuarel',
  neon: 'neon, siberpunk',
  sepia: 'sepya, eski fotoğraf, nostaljik, antika',
  pixel: 'piksel, piksel sanatı, 8 bit, 16 bit, retro oyun',
  ink: 'mürekkep, karakalem, kara kalem, çizim, eskiz, gravür, dolma kalem',
  oil: 'yağlı boya, yağlıboya, tuval, izlenimci, empresyonist',
  riso: 'riso, risograf, serigrafi, pop art, çizgi roman',
};

/** By the vocabulary's name for the colour. */
export const TURKISH_COLOURS: Words<string> = {
  red: 'kırmızı, al, kızıl',
  crimson: 'bordo, yakut',
  orange: 'turuncu',
  amber: 'kehribar',
  yellow: 'sarı',
  gold: 'altın, altın sarısı, altın rengi',
  lime: 'limon yeşili, fıstık yeşili',
  green: 'yeşil',
  emerald: 'zümrüt, zümrüt yeşili',
  teal: 'camgöbeği, petrol mavisi',
  turquoise: 'turkuaz',
  cyan: 'açık mavi, siyan',
  blue: 'mavi, gök mavisi',
  navy: 'lacivert',
  indigo: 'çivit, çivit mavisi',
  purple: 'mor',
  lavender: 'lavanta, leylak, eflatun',
  violet: 'menekşe rengi, viyole',
  magenta: 'fuşya, macenta',
  pink: 'pembe',
  brown: 'kahverengi, kestane rengi',
  beige: 'bej, krem',
  white: 'beyaz, ak, fildişi',
  grey: 'gri, boz',
  silver: 'gümüş, gümüş rengi',
  black: 'siyah, kara, simsiyah',
};

export const TURKISH_COUNTS: Readonly<Record<string, number>> = {
  bir: 1,
  tek: 1,
  yalnız: 1,
  iki: 2,
  çift: 2,
  üç: 3,
  dört: 4,
  beş: 5,
  altı: 6,
  yedi: 7,
  sekiz: 8,
  dokuz: 9,
  on: 10,
  'on bir': 11,
  'on iki': 12,
  düzine: 12,
  birkaç: 3,
  'bir kaç': 3,
  bazı: 3,
  grup: 5,
  çok: 8,
  'bir sürü': 8,
  birçok: 8,
  pek: 8,
  sürü: 9,
  sayısız: 16,
};

export const TURKISH_SIZES: Readonly<Record<'small' | 'large', string>> = {
  small: 'küçük, küçücük, minik, ufak, minyatür, yavru',
  large: 'büyük, kocaman, dev, devasa, koca, iri, uzun, yüksek, heybetli',
};

export const TURKISH_PLACES: Readonly<Record<string, Place>> = {
  solda: { side: 'left' },
  'sol tarafta': { side: 'left' },
  sağda: { side: 'right' },
  'sağ tarafta': { side: 'right' },
  ortada: { side: 'centre' },
  merkezde: { side: 'centre' },
  önde: { distance: 'near' },
  'ön planda': { distance: 'near' },
  yakında: { distance: 'near' },
  yakın: { distance: 'near' },
  'yakın çekim': { distance: 'near' },
  arkada: { distance: 'far' },
  'arka planda': { distance: 'far' },
  uzakta: { distance: 'far' },
  uzak: { distance: 'far' },
  uzaklarda: { distance: 'far' },
  uçan: { height: 'high' },
  süzülen: { height: 'high' },
  havada: { height: 'high' },
};

/** Colours that a Turkish word brings along, and words that mean several of their kind: as in English. */
export const TURKISH_BREED_COLOURS: Readonly<Record<string, string>> = {
  kuğu: 'white',
  'kutup ayısı': 'white',
  martı: 'white',
  kumru: 'white',
  karga: 'black',
  kuzgun: 'black',
  'katil balina': 'black',
  köpekbalığı: 'grey',
  'köpek balığı': 'grey',
  'japon balığı': 'gold',
  ayçiçeği: 'yellow',
  papatya: 'white',
  gelincik: 'red',
  zambak: 'white',
  orkide: 'magenta',
  'kiraz ağacı': 'pink',
  'kiraz çiçeği': 'pink',
  akçaağaç: 'orange',
  taksi: 'yellow',
  'boz ayı': 'brown',
};
export const TURKISH_GROUP_WORDS: Readonly<Record<string, number>> = { köy: 5, buket: 9, takımyıldız: 12 };

export const TURKISH_SKY = 'gök, gökyüzü';

/** After a thing: it is not wanted. */
export const TURKISH_WITHOUT = 'olmadan, yok, olmasın, hariç, istemiyorum';

/** English words that are also Turkish ones once accents are gone: read as Turkish only where something else says that the prompt is. */
export const ALSO_ENGLISH =
  'at, fil, kurt, tan, gun, on, al, ak, kale, sis, koy, kar, su, yat, kaz, tay, jet, robot, android, pegasus, pagoda, ufo, aurora, meteor, neon, minimal, minimalist, park, cami, camii, balon, kano, dev, tek, pus, tipi, riso, 8 bit, 16 bit, pop art, indigo, magenta, tundra, ankara, izmir, sandal, lale, gri, mor, boz, pek, iri, ay, ev, yok, adam, kent, sari, kara, cam, koc, astronot, kir, ada, saturn, jupiter';
