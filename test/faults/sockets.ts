import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** Local ports of a process's TCP connections over IPv4 to some port: which of the transactions at a receiver are its own. */
export function localPorts(pid: number, remotePorts: readonly number[]): Set<number> {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`)
      .map((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1])
      .filter((inode) => inode !== undefined),
  )
  const ports = new Set<number>()
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
    if (inodes.has(inode) && remotePorts.includes(portIn(remote))) ports.add(portIn(local))
  }
  return ports
}

/** `0100007F:1F90`: address and port in hexadecimal. */
const portIn = (address: string): number => Number.parseInt(address.slice(address.indexOf(':') + 1), 16)

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed since it was listed.
    return ''
  }
}
