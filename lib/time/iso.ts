/** Formats a time for people and programs: ISO 8601 in UTC, in whole seconds (RFC 3339, 5.6). `at` is in milliseconds since the epoch. */
export const isoSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
