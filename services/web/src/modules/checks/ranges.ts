/** Days of history that can be shown; 0 is everything the server keeps. */
export const ranges = [1, 7, 30, 0] as const;
export type Range = (typeof ranges)[number];
