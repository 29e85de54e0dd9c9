import type { messages as english } from '../en/app.ts';
import type { ErrorMessages } from '../error-copy.ts';
import type { Translation } from '../translate.ts';
import { errors } from './errors.ts';

/** The shell, and what every page shares. Always loaded. */
export const messages = {
  ...errors,

  'app.name': 'Darkroom',
  'app.skip': 'İçeriğe geç',
  'app.nav': 'Ana menü',
  'app.chat': 'Sohbet',
  'app.history': 'Geçmiş',
  'app.docs': 'Belgeler',
  'app.status': 'Durum',
  'app.queue': 'İşleriniz',
  'app.queue.count': 'İşleriniz: {count} etkin',
  'app.language': 'Dil',
  'app.user': 'Oturum açan: {name}',
  'app.user.title': 'Oturum açan',
  'app.user.body': 'Sohbetleriniz ve işleriniz tüm cihazlarınızda aynıdır.',
  'app.loading': 'Yükleniyor…',
  'app.link': 'Başka bir cihazda devam et',
  'app.footer': 'Kendi sunucunuzda, gerçek zamanlı görsel üretimi.',
  'app.footer.status': 'Sunucu durumu',
  'app.footer.openapi': 'OpenAPI',

  'notFound.title': 'Sayfa bulunamadı',
  'notFound.body': 'Bu adreste bir şey yok. Bağlantıyı kontrol edin ya da baştan başlayın.',
  'notFound.home': 'Ana sayfaya git',

  'crash.title': 'Bu sayfada bir şeyler bozuldu',
  'crash.body': 'Hata sizde değil, bizde. İşleriniz sunucuda güvende: devam etmek için sayfayı yeniden yükleyin.',
  'crash.reload': 'Yeniden yükle',
  'crash.details': 'Teknik ayrıntılar',

  'home.title': 'Görsel Üret',
  'home.description': 'Bir görsel üretim işi başlatın ve canlı olarak izleyin.',

  'loading.away': 'Sunucuya yeniden ulaşıldığında kendiliğinden açılır.',
  'loading.failed': 'Bu bölüm yüklenemedi.',
  'loading.failed.advice': 'Sayfayı yeniden yükleyin.',

  'error.unavailable': 'Sunucuya ulaşılamıyor.',
  'error.unavailable.advice': 'Hiçbir şey kaybolmadı. Sunucunun çalıştığından emin olup yeniden deneyin.',

  'status.queued': 'Sırada',
  'status.running': 'Çalışıyor',
  'status.uploading': 'Yükleniyor',
  'status.completed': 'Tamamlandı',
  'status.failed': 'Başarısız',
  'status.cancelled': 'İptal edildi',

  'backend.ready': 'Hazır',
  'backend.busy': 'Meşgul',
  'backend.trying': 'Toparlanıyor',
  'backend.resting': 'Dinleniyor',
  'backend.down': 'Yanıt vermiyor',

  'error.details': 'Ayrıntılar',

  'style.none': 'Yok',
  'style.flat': 'Düz',
  'style.watercolour': 'Suluboya',
  'style.neon': 'Neon',
  'style.sepia': 'Sepya',
  'style.pixel': 'Piksel',
  'style.ink': 'Mürekkep',
  'style.oil': 'Yağlı boya',
  'style.riso': 'Risograf',

  'options.size': '{size} × {size}',
  'options.steps': '{count} adım',
  'options.seed': 'Tohum {seed}',

  'copy.done': 'Kopyalandı',
  'copy.failed': 'Burada kopyalamaya izin verilmiyor. Metni seçip elle kopyalayın.',
  'toast.region': 'Bildirimler',
  'toast.close': 'Kapat',
} as const satisfies Translation<typeof english> & ErrorMessages;
