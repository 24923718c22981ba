import { join } from 'node:path'

/** Where `postrider up` leaves what other commands need to find it. */
export const accessFile = (state: string): string => join(state, 'run', 'cli.json')
