import type { messages as english } from '../en/docs.ts';
import type { Translation } from '../translate.ts';
import { operations } from './operations.ts';

/** The API docs. */
export const messages = {
  ...operations,

  'docs.title': 'API Belgeleri',
  'docs.description': 'Kendi kodunuzdan iş oluşturun ve canlı olarak izleyin.',
  'docs.contents': 'Bu sayfada',
  'docs.copy': 'Kodu kopyala',
  'docs.table': 'Tablo: {title}',
  'docs.code': 'Örnek: {title}',

  'docs.start': 'Hızlı başlangıç',
  'docs.start.body':
    'Bir iş, numaralı olaylardan oluşan bir günlüktür. Bir iş oluşturun, sonra olaylarını WebSocket, sunucu olayları (SSE) ya da yoklama ile okuyun: üçü de aynı olayları verir, bu yüzden aralarında istediğiniz an geçiş yapabilirsiniz.',
  'docs.create': 'Bir iş oluşturun',
  'docs.create.body':
    'Yanıt, kimliğiyle birlikte işin kendisidir. İsteği güvenle yineleyebilmek için bir Idempotency-Key gönderin: aynı anahtar aynı işi getirir.',
  'docs.poll': 'Yoklayın',
  'docs.poll.body': 'Elinizdeki son numaradan sonraki olayları isteyin. Yanıt, yeni bir şey olana kadar bekler.',
  'docs.sse': 'Sunucu olaylarıyla (SSE) akıtın',
  'docs.sse.body':
    'Her ileti bir olaydır, kimliği de olayın numarasıdır. Bir kopmadan sonra Last-Event-ID kaldığınız yerden devam ettirir.',
  'docs.ws': 'WebSocket ile izleyin',
  'docs.ws.body': 'Bir soket en fazla {max} iş taşır. Her ping iletisine pong ile yanıt verin.',
  'docs.generate': 'Ya da hepsi tek istekte',
  'docs.generate.body':
    'GET /api/generate bir iş oluşturur ve her adımı görseliyle akıtır. Bağlantıyı bırakmak işi iptal eder.',

  'docs.endpoints': 'Uç noktalar',
  'docs.endpoints.loading': 'Uç noktalar yükleniyor…',
  'docs.endpoints.failed': 'Uç noktalar şu anda /api/openapi.json adresinden yüklenemiyor.',
  'docs.endpoints.retry': 'Yeniden dene',
  'docs.parameter': 'Parametre',
  'docs.place': 'Yeri',
  'docs.place.path': 'yol',
  'docs.place.query': 'sorgu',
  'docs.place.header': 'başlık',
  'docs.place.cookie': 'çerez',
  'docs.place.body': 'gövde',
  'docs.type': 'Tür',
  'docs.required': 'zorunlu',
  'docs.answers': 'Yanıtlar',

  'docs.errors': 'Hatalar',
  'docs.errors.body': 'Her hata aynı biçimdedir. Kararınızı koda göre verin; ileti insanlar içindir.',
  'docs.errors.code': 'Kod',
  'docs.errors.status': 'Durum',
  'docs.errors.retry': 'Yeniden',
  'docs.errors.meaning': 'Anlamı ve yapılacak şey',
  'docs.yes': 'Evet',
  'docs.no': 'Hayır',

  'docs.limits': 'Sınırlar',
  'docs.limits.body': 'Bunları aşan istekler, alanı ve sınırı belirten bir hatayla reddedilir.',
  'docs.limits.what': 'Ne',
  'docs.limits.bound': 'Sınır',
  'docs.limit.prompt': 'İstem, karakter',
  'docs.limit.steps': 'Adım',
  'docs.limit.seed': 'Tohum',
  'docs.limit.style': 'Stil, karakter',
  'docs.limit.negative': 'Negatif istem, karakter',
  'docs.limit.cfg': 'Yönlendirme ölçeği (cfg)',
  'docs.limit.count': 'Bir işin görselleri',
  'docs.limit.upload': 'Yüklenen görsel, bayt',
  'docs.limit.pixels': 'Yüklenen görsel, piksel',
  'docs.limit.attempts': 'Bir işin denemeleri',
  'docs.limit.body': 'Bir isteğin gövdesi, bayt',
  'docs.limit.page': 'Bir liste isteğindeki işler',
  'docs.limit.events': 'Bir yanıttaki olaylar',
  'docs.limit.wait': 'Bir yoklamanın en uzun bekleyişi, saniye',
  'docs.limit.message': 'WebSocket iletisi, bayt',
  'docs.limit.subscriptions': 'Bir soketin abonelikleri',
  'docs.limit.jobs': 'Bir dakikada oluşturabileceğiniz işler',
  'docs.limit.uploads': 'Bir dakikada yükleyebileceğiniz görseller',
  'docs.limit.connections': 'Açık tutabileceğiniz soketler ve olay akışları',
  'docs.limit.polls': 'Açık tutabileceğiniz bekleyen yoklamalar',
  'docs.limit.range': '{min}–{max}',
} as const satisfies Translation<typeof english>;
