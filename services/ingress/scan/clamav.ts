import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { ScannerUnavailableError } from './scanner.ts'
import type { Verdict } from './scanner.ts'

/** Size of a chunk of INSTREAM. Chunks are views of the message, not copies. Octets. */
const CHUNK = 128 * 1024
/** Bound on a reply of clamd. Characters. */
const MAX_REPLY = 4096

/** Attempts for one message when clamd closes the connection without a reply. */
const ATTEMPTS = 3

/** `host:port`, `[v6]:port`, or the path of a Unix socket. */
export type ClamavAddress = string

/** Scans a content with clamd by INSTREAM (clamd(8)), on a new connection. Rejects with ScannerUnavailableError if there is no verdict
 * within `timeoutMs`, which covers all attempts. */
export async function scanWithClamav(
  content: Buffer,
  { address, timeoutMs }: { address: ClamavAddress; timeoutMs: number },
): Promise<Verdict> {
  const deadline = performance.now() + timeoutMs
  for (let attempt = 1; ; attempt++) {
    try {
      return verdictOf(await ask(content, address, deadline - performance.now()))
    } catch (error) {
      // When clamd has seen enough it answers and closes the connection. The answer is lost if the next chunk is written before it arrives.
      const code = error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code
      if (attempt === ATTEMPTS || (code !== 'EPIPE' && code !== 'ECONNRESET') || performance.now() >= deadline)
        throw error
    }
  }
}

async function ask(content: Buffer, address: ClamavAddress, timeoutMs: number): Promise<string> {
  const socket = connect(target(address))
  const reply = replyOf(socket, timeoutMs)
  // Failures are reported by the promise of the reply.
  write(socket, content).catch((error: unknown) => socket.destroy(error instanceof Error ? error : undefined))
  return reply
}

function target(address: ClamavAddress): { path: string } | { host: string; port: number } {
  if (address.startsWith('/')) return { path: address }
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** Writes the command, then each chunk preceded by its length, and an empty chunk as the end. */
async function write(socket: Socket, content: Buffer): Promise<void> {
  socket.write('zINSTREAM\0')
  for (let at = 0; at < content.length; at += CHUNK) {
    const chunk = content.subarray(at, at + CHUNK)
    socket.cork()
    socket.write(lengthOf(chunk.length))
    const room = socket.write(chunk)
    socket.uncork()
    if (!room) await drained(socket)
    // Lets an answer that has arrived be read before the next chunk is written: clamd may have closed the connection.
    await new Promise((resolve) => setImmediate(resolve))
    if (socket.destroyed) return
  }
  socket.write(lengthOf(0))
}

function lengthOf(octets: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(octets)
  return length
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go)
      socket.off('close', go)
      resolve()
    }
    socket.once('drain', go)
    socket.once('close', go)
  })
}

/** Reads the reply up to its NUL and closes the connection. */
function replyOf(socket: Socket, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (error: Error | undefined, why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new ScannerUnavailableError('clamav', why, { cause: error }))
    }
    const timer = setTimeout(() => fail(undefined, `did not answer within ${timeoutMs} ms`), timeoutMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\0')
      if (end === -1 && text.length <= MAX_REPLY) return
      clearTimeout(timer)
      socket.destroy()
      resolve(text.slice(0, end === -1 ? MAX_REPLY : end))
    })
    socket.once('error', (error) => fail(error, `cannot be reached: ${error.message}`))
    socket.once('close', () => fail(undefined, 'closed the connection without a verdict'))
  })
}

/** Parses the reply to INSTREAM. Throws ScannerUnavailableError for anything but a verdict. */
export function verdictOf(reply: string): Verdict {
  const text = reply.trim()
  if (/^stream: OK$/.test(text)) return { kind: 'clean' }
  const [, name] = /^stream: (.+) FOUND$/.exec(text) ?? []
  if (name !== undefined) return { kind: 'infected', name }
  // StreamMaxLength of clamd is smaller than the platform's maxSize.
  if (/size limit exceeded/i.test(text)) return { kind: 'too-large' }
  throw new ScannerUnavailableError('clamav', `answered: ${text.slice(0, 200) || 'nothing'}`)
}
