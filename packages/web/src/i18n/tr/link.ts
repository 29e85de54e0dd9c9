import type { messages as english } from '../en/link.ts';
import type { Translation } from '../translate.ts';

/** “Başka bir cihazda devam et”: bağlantıyı oluşturan pencere ve bağlantının açtığı sayfa. */
export const messages = {
  'link.intro': 'Öbür cihaz, bu cihazla aynı sohbet ve işleri gösterecek.',
  'link.care': 'Bağlantı yalnızca bir kez, onu ilk açan için çalışır: başka kimseye göstermeyin.',
  'link.scan': 'O cihazın kamerasını koda tutun ya da bağlantıyı orada açın.',
  'link.code': 'Bağlantının QR kodu',
  'link.address': 'Bağlantı',
  'link.copy': 'Kopyala',
  'link.ready': 'Bağlantı hazır.',
  'link.left': 'Kalan süre: {duration}',
  'link.over': 'Bu bağlantının süresi doldu.',
  'link.renew': 'Yenisini oluştur',
  'link.retry': 'Yeniden dene',
  'link.close': 'Kapat',
  'link.local': 'Başka cihazlar {host} adresine ulaşamaz.',
  'link.local.advice':
    'Bağlantıyı orada, bu adresin yerine bu bilgisayarın bir ağ adresini yazarak açın ya da sunucuda PUBLIC_URL ayarını yaptırın.',

  'link.page.meta': 'Bu Cihazda Devam Edin',
  'link.page.description': 'Öbür cihazınızdaki sohbet ve işleri burada da görün.',
  'link.page.title': 'Bu cihazda devam edilsin mi?',
  'link.page.body':
    'Bu cihaz, bağlantının geldiği cihazla aynı sohbet ve işleri gösterecek. Birinde yaptığınız, öbüründe de görünür.',
  'link.page.care': 'Yalnızca bağlantıyı kendi cihazınız oluşturduysa devam edin',
  'link.page.care.body': 'Yoksa burada istediklerinizi başka biri görür.',
  'link.page.own': 'Bu cihazda zaten sohbetler ya da işler var',
  'link.page.own.body': 'Bunlardan öbür cihazda olmayanlar sunucuda kalır, ama burada artık listelenmez.',
  'link.page.confirm': 'Burada devam et',
  'link.page.leave': 'Şimdi değil',
  'link.page.same': 'Bu cihaz onları zaten gösteriyor',
  'link.page.same.body': 'Bağlantıyı öbür cihazda açın: orada hâlâ kullanılabilir.',
  'link.page.none': 'Burada bir bağlantı yok',
  'link.page.none.body':
    'Bağlantılar bir kez kullanılabilir ve açılınca adres çubuğundan silinir. Sohbetlerinizin bulunduğu cihazda yenisini oluşturun: “Başka bir cihazda devam et”.',
  'link.page.chat': 'Sohbete git',
} as const satisfies Translation<typeof english>;
