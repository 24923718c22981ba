import { join } from 'node:path'

/** The file in which `postrider up` stores the broker access of the other commands. `state` is the state folder. */
export const accessFile = (state: string): string => join(state, 'run', 'cli.json')
