import { createServer } from 'node:net'
import { UsageError } from './usage-error.ts'

export interface WantedPort {
  host: string
  port: number
  /** What the port is for, and the setting that changes it. */
  purpose: string
}

/** Checks that each port can be opened. Rejects with one UsageError that names all ports that cannot. */
export async function checkPorts(wanted: WantedPort[]): Promise<void> {
  const problems: string[] = []
  for (const { host, port, purpose } of wanted) {
    const duplicate = wanted.find((other) => other.port === port && other.purpose !== purpose)
    if (duplicate !== undefined)
      problems.push(`port ${port} is used twice: for ${purpose} and for ${duplicate.purpose}`)
    const error = await tryPort(host, port)
    if (error === 'EADDRINUSE')
      problems.push(`port ${port} (${purpose}) is in use by another program; stop it or choose another port`)
    else if (error === 'EACCES')
      problems.push(`port ${port} (${purpose}) can be opened only by root; choose a port of at least 1024`)
    else if (error !== undefined) problems.push(`port ${port} (${purpose}) cannot be opened on ${host}: ${error}`)
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}
