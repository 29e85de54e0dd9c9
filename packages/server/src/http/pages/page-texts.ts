import type { JobStatus, Language } from '@darkroom/protocol';

/** What a page is called, and what is said of it. */
export interface PageText {
  readonly title: string;
  readonly description: string;
}

/** What the heads of pages say. The web app says the same once it runs. */
export interface PageTexts {
  readonly home: PageText;
  readonly progress: PageText;
  /** The other pages, by path. */
  readonly others: Readonly<Record<string, PageText>>;
  readonly statuses: Readonly<Record<JobStatus, string>>;
}

export const PAGE_TEXTS: Readonly<Record<Language, PageTexts>> = {
  en: {
    home: { title: 'Generate Images', description: 'Start an image generation job and track it live.' },
    progress: { title: 'Generation Progress', description: 'Live status updates and results for your job.' },
    others: {
      '/chat': {
        title: 'Chat',
        description: 'Talk to your generator: pictures appear in the conversation as they are made.',
      },
      '/history': { title: 'History', description: 'Every picture made here, newest first.' },
      '/status': { title: 'Status', description: 'How the server and its backends are doing, as it happens.' },
      '/docs': { title: 'API Docs', description: 'Create jobs and watch them live from your own code.' },
      '/link': {
        title: 'Continue on This Device',
        description: 'See the same conversations and jobs here as on your other device.',
      },
    },
    statuses: {
      queued: 'Queued',
      running: 'Running',
      uploading: 'Uploading',
      completed: 'Completed',
      failed: 'Failed',
      cancelled: 'Cancelled',
    },
  },
  tr: {
    home: { title: 'Görsel Üret', description: 'Bir görsel üretim işi başlatın ve canlı olarak izleyin.' },
    progress: { title: 'Üretim İlerlemesi', description: 'İşinizin canlı durumu ve sonuçları.' },
    others: {
      '/chat': { title: 'Sohbet', description: 'Üreticinizle konuşun: görseller yapıldıkça sohbette belirir.' },
      '/history': { title: 'Geçmiş', description: 'Burada üretilen tüm görseller, en yenisi başta.' },
      '/status': { title: 'Durum', description: 'Sunucunun ve motorlarının durumu, anı anına.' },
      '/docs': { title: 'API Belgeleri', description: 'Kendi kodunuzdan iş oluşturun ve canlı olarak izleyin.' },
      '/link': {
        title: 'Bu Cihazda Devam Edin',
        description: 'Öbür cihazınızdaki sohbet ve işleri burada da görün.',
      },
    },
    statuses: {
      queued: 'Sırada',
      running: 'Çalışıyor',
      uploading: 'Yükleniyor',
      completed: 'Tamamlandı',
      failed: 'Başarısız',
      cancelled: 'İptal edildi',
    },
  },
};
