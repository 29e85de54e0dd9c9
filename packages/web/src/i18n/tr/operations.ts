import type { OperationTexts } from '../operation-copy.ts';

const IMMUTABLE =
  'Hiç değişmez. Görselleri nesne deposunda tutan bir sunucu, oradaki bir adresle 302 yanıtı verebilir. `?download` ile tarayıcı görseli kendi adıyla kaydeder.';

/** What each operation of the API does. A browser test finds those that are missing. */
export const operations = {
  'operation.POST /api/jobs': 'Bir iş oluştur',
  'operation.POST /api/jobs.more':
    'İş diske yazılınca 201 yanıtını verir. Size ait bir Idempotency-Key ile aynı istek yine ilk işi alır (200).',
  'operation.GET /api/jobs': 'İşleri listele, en yenisi başta',
  'operation.GET /api/jobs.more':
    '`mine=true`: kendi işleriniz; `state=active`: bunlardan bitmemiş olanlar, sıradaki yerleriyle birlikte.',
  'operation.GET /api/jobs/{jobId}': 'Bir işi ve bir numaradan sonraki olaylarını oku',
  'operation.GET /api/jobs/{jobId}.more':
    'Yoklama: `after` = sizdeki son seq, `wait` = yeni bir şey olana dek yanıtın bekletileceği saniye (0–25).',
  'operation.POST /api/jobs/{jobId}/retry': 'Başarısız bir işi yeniden çalıştır',
  'operation.POST /api/jobs/{jobId}/cancel': 'Bir işi durdur',
  'operation.POST /api/jobs/cancel-mine': 'Bekleyen ve süren tüm işlerinizi durdur',
  'operation.POST /api/jobs/{jobId}/move': 'Bekleyen bir işinizi başka bir işinizin önüne al',
  'operation.POST /api/jobs/{jobId}/move.more':
    'Ya da hepsinin arkasına: `before: null`. İşleriniz yalnızca kendi aralarında yer değiştirir.',
  'operation.POST /image/generate': 'Bir iş oluştur',
  'operation.POST /image/generate.more': '`conversation_id` ile görsel o sohbetinizde belirir.',
  'operation.GET /image/status': 'Kuyruk ve bitmemiş işleriniz',
  'operation.GET /image/job/{job_id}/status': 'Bir işin durumu',
  'operation.DELETE /image/job/{job_id}/cancel': 'Bir işi durdur',
  'operation.GET /api/jobs/{jobId}/events': 'Bir işin olayları, server-sent events olarak',
  'operation.GET /api/jobs/{jobId}/events.more':
    'Varsayılan türdeki her ileti bir ProgressEvent taşır, id’si onun seq’idir; Last-Event-ID, `after` değerinden önce gelir. Adlı olaylar: job, queue, ping, reset, end, bye.',
  'operation.GET /api/jobs/{jobId}/frames/{name}': 'Bir adımın önizlemesi',
  'operation.GET /api/jobs/{jobId}/frames/{name}.more': IMMUTABLE,
  'operation.GET /api/jobs/{jobId}/images/{name}': 'Bitmiş bir görsel',
  'operation.GET /api/jobs/{jobId}/images/{name}.more': IMMUTABLE,
  'operation.GET /api/jobs/{jobId}/inputs/{name}': 'Bir işin başladığı görsel',
  'operation.GET /api/jobs/{jobId}/inputs/{name}.more': IMMUTABLE,
  'operation.GET /api/placeholders/no-backend.png': 'Hiçbir motor çalışmazken görselin yerinde gösterilen',
  'operation.GET /api/identity': 'Burada kim olduğunuz',
  'operation.GET /api/identity.more':
    'Sunucunun önündeki vekil sunucuda oturum açtığınız adla birlikte `user` ya da `anonymous`.',
  'operation.GET /api/conversations': 'Sohbetlerinizi listele, son değişen başta',
  'operation.POST /api/conversations': 'Bir sohbet başlat',
  'operation.POST /api/conversations.more': 'Başlık verilmezse sohbet adını ilk iletisinden alır.',
  'operation.GET /api/conversations/{id}': 'Bir sohbeti oku',
  'operation.PATCH /api/conversations/{id}': 'Bir sohbetin adını değiştir',
  'operation.DELETE /api/conversations/{id}': 'Bir sohbeti sil',
  'operation.DELETE /api/conversations/{id}.more': 'Bitmemiş işleri iptal edilir; bitenler geçmişte kalır.',
  'operation.GET /api/conversations/{id}/messages': 'İletileri oku, en eskisi başta',
  'operation.GET /api/conversations/{id}/messages.more':
    'En yeni iletiler; `before` ile o iletiden eskiler. `nextBefore` sonraki sayfayı ister.',
  'operation.POST /api/conversations/{id}/messages': 'Bir şey söyle: isterseniz bir görsel yapılır',
  'operation.POST /api/conversations/{id}/messages.more':
    '“draw …”, “paint …”, “Resim çiz: …”, “… çiz” ya da `picture: true`. Bir Idempotency-Key ile aynı istek yine ilk yanıtı alır (200).',
  'operation.POST /api/conversations/{id}/messages/{messageId}/versions': 'Bir görseli başka sözcüklerle yeniden iste',
  'operation.POST /api/conversations/{id}/messages/{messageId}/versions.more':
    'İki sürüm de kalır; yeni iletiler ilklerini `version_of` ile anar.',
  'operation.POST /api/identity/link': 'Kimliğinizi başka bir cihaza taşıyan bir bağlantı oluştur',
  'operation.POST /api/identity/link.more':
    'On dakika içinde onu ilk açan, sizin gördüklerinizi görür ve sizin yapabildiklerinizi yapar. Yalnızca bu sunucunun sayfaları ve programlar içindir.',
  'operation.POST /api/identity/adopt': 'Başka bir cihazdaki kimliğinizi bu cihazda da kullan',
  'operation.POST /api/identity/adopt.more':
    'Bir bağlantının belirteci; her biri bir kez kullanılabilir. Çerezi yanıt getirir. Önceki çerezle yapılanlar kalır, ama burada artık listelenmez.',
  'operation.POST /api/uploads': 'İşlerin başlayacağı bir görsel gönder',
  'operation.POST /api/uploads.more':
    'Gövde dosyanın kendisidir: PNG, JPEG ya da WebP, en çok 20 MiB ve 50 megapiksel. Çözülür, düz çevrilir, 2048 pikselin altına küçültülür ve üst verisi olmadan bir gün saklanır. `url` değerini bir işe `options.image` olarak verin.',
  'operation.GET /api/uploads/{uploadId}': 'Gönderilmiş bir görsel',
  'operation.GET /api/providers':
    'Motorlar, tercih sırasıyla: sağlık, devre kesici, yük, yetenekler ve son başarısızlıklar',
  'operation.GET /api/health': 'Sunucunun ve arkasındaki her motorun durumu',
  'operation.GET /api/health.more': 'Depolama, kuyruk ve süreçler arası iletişim en çok 2 saniyede bir denetlenir.',
  'operation.GET /api/generate': 'Tek istekte üret ve izle',
  'operation.GET /api/generate.more':
    'text/event-stream: adım başına `data: {"step","total_steps","image","progress"}` (image: base64), sonra `data: [DONE]`. Ayrılan okur işi iptal eder.',
} as const satisfies OperationTexts;
