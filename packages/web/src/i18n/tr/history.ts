import type { messages as english } from '../en/history.ts';
import type { Translation } from '../translate.ts';

/** The History page. */
export const messages = {
  'history.title': 'Geçmiş',
  'history.description': 'Burada üretilen tüm görseller, en yenisi başta.',
  'history.search': 'İstemlerde ara',
  'history.filter': 'Durum',
  'history.filter.all': 'Tüm durumlar',
  'history.list': 'İşler',
  'history.more': 'Daha fazla yükle',
  'history.shown': '{count} iş',
  'history.end': 'Hepsi bu kadar.',
  'history.empty.title': 'Henüz iş yok',
  'history.empty.body': 'Ürettikleriniz burada toplanacak.',
  'history.empty.action': 'İlk görselinizi üretin',
  'history.nothing.title': 'Eşleşen yok',
  'history.nothing.body': 'Yüklenen işlerin hiçbiri bu filtreye uymuyor.',
  'history.nothing.action': 'Filtreyi temizle',
  'history.failed': 'Geçmiş şu anda yüklenemiyor.',
  'history.retry': 'Yeniden dene',
} as const satisfies Translation<typeof english>;
