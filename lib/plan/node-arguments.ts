/**
 * Arguments of Node.js by service, for every provider.
 *
 * Delivery: an attempt at a slow remote lasts for minutes and takes some 25 KB, and there may be thousands. With the default young
 * generation (16 MB), V8 keeps several times as much memory as is in use: 446 MB at 1,900 slow attempts, compared with 272 MB with this
 * setting.
 */
const OF_SERVICE: Record<string, readonly string[]> = { delivery: ['--max-semi-space-size=4'] }

export const nodeArguments = (service: string): readonly string[] => OF_SERVICE[service] ?? []
