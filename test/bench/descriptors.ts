import { readFileSync } from 'node:fs'

/** Why the bench cannot run: each process may open too few files. Node raises its own soft limit to the hard one when it
 * starts, and so does every process of the platform. */
export function tooFewDescriptors(needed: number): string | false {
  const [, soft = '0'] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  if (soft === 'unlimited' || Number(soft) >= needed) return false
  return `needs ${needed} file descriptors a process and has ${soft}: raise the hard limit, as root by prlimit --pid $$ --nofile=${needed}`
}
