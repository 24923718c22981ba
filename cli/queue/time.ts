/** A time for people and programs: UTC, whole seconds. */
export const time = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
