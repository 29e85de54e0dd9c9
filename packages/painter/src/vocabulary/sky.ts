import type { WordList } from './word-list.ts';

/** Times of day, each with the words that name it. */
export const TIMES = {
  dawn: ['dawn', 'sunrise', 'daybreak', 'morning', 'early morning'],
  day: ['day', 'noon', 'midday', 'afternoon', 'daytime', 'daylight'],
  sunset: ['sunset', 'sundown', 'golden hour', 'evening sun', 'setting sun'],
  dusk: ['dusk', 'twilight', 'evening', 'blue hour', 'nightfall'],
  night: ['night', 'midnight', 'starry', 'moonlit', 'moonlight', 'starlight', 'nighttime', 'nocturne'],
} as const satisfies WordList;
export type TimeOfDay = keyof typeof TIMES;

/** Weathers, each with the words that name it. */
export const WEATHERS = {
  clear: ['clear', 'sunny', 'sunshine', 'bright sky', 'cloudless'],
  cloudy: ['cloudy', 'overcast', 'gloomy'],
  rain: ['rain', 'rainy', 'raining', 'drizzle', 'shower', 'monsoon'],
  storm: ['storm', 'stormy', 'thunderstorm', 'lightning', 'thunder', 'tempest', 'hurricane'],
  snow: ['snowing', 'snowfall', 'snowy', 'blizzard', 'snowstorm', 'snowflake'],
  fog: ['fog', 'foggy', 'mist', 'misty', 'haze', 'hazy'],
  wind: ['wind', 'windy', 'breeze', 'breezy', 'gale'],
} as const satisfies WordList;
export type Weather = keyof typeof WEATHERS;

/** Seasons, each with the words that name it. */
export const SEASONS = {
  spring: ['spring', 'springtime', 'april'],
  summer: ['summer', 'summertime', 'july'],
  autumn: ['autumn', 'fall', 'autumnal', 'october', 'november'],
  winter: ['winter', 'wintry', 'wintertime', 'january', 'december', 'christmas'],
} as const satisfies WordList;
export type Season = keyof typeof SEASONS;
