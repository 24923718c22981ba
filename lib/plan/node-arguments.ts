/** Arguments of Node.js by service, wherever it runs.
 *
 * Delivery: an attempt at a slow remote lives for minutes and takes some 25 KB, and there may be thousands. With the usual young generation (16 MB)
 * V8 keeps several times as much as is alive: 446 MB at 1,900 slow attempts, and 272 MB with this one. */
const OF_SERVICE: Record<string, readonly string[]> = { delivery: ['--max-semi-space-size=4'] }

export const nodeArguments = (service: string): readonly string[] => OF_SERVICE[service] ?? []
