/** Milliseconds since the epoch with their fraction: comparable between the processes of one machine. */
export const now = (): number => performance.timeOrigin + performance.now()
