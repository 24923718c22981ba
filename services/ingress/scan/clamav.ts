import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { ScannerUnavailableError } from './scanner.ts'
import type { Finding } from './scanner.ts'

/** Octets in a chunk of INSTREAM: a view of the message, never a copy. */
const CHUNK = 128 * 1024
/** No reply of clamd is as long. */
const MAX_REPLY = 4096

/** How often a message is shown to a clamd that breaks the connection off. */
const ATTEMPTS = 3

/** `host:port`, `[v6]:port`, or the path of a Unix socket. */
export type ClamavAddress = string

/** Asks clamd about a content by INSTREAM (clamd(8)), on a connection of its own. Throws ScannerUnavailableError when there is no
 * verdict within `timeoutMs`, all steps together. */
export async function scanWithClamav(
  content: Buffer,
  { address, timeoutMs }: { address: ClamavAddress; timeoutMs: number },
): Promise<Finding> {
  const deadline = performance.now() + timeoutMs
  for (let attempt = 1; ; attempt++) {
    try {
      return findingOf(await ask(content, address, deadline - performance.now()))
    } catch (error) {
      // A clamd that has enough answers and closes; the answer is lost when the next chunk is quicker than it.
      const code = error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code
      if (attempt === ATTEMPTS || (code !== 'EPIPE' && code !== 'ECONNRESET') || performance.now() >= deadline)
        throw error
    }
  }
}

async function ask(content: Buffer, address: ClamavAddress, timeoutMs: number): Promise<string> {
  const socket = connect(target(address))
  const reply = replyOf(socket, timeoutMs)
  // The reply reports failures.
  write(socket, content).catch((error: unknown) => socket.destroy(error instanceof Error ? error : undefined))
  return reply
}

function target(address: ClamavAddress): { path: string } | { host: string; port: number } {
  if (address.startsWith('/')) return { path: address }
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** The command, then each chunk with its length before it, and an empty one for the end. */
async function write(socket: Socket, content: Buffer): Promise<void> {
  socket.write('zINSTREAM\0')
  for (let at = 0; at < content.length; at += CHUNK) {
    const chunk = content.subarray(at, at + CHUNK)
    socket.cork()
    socket.write(lengthOf(chunk.length))
    const room = socket.write(chunk)
    socket.uncork()
    if (!room) await drained(socket)
    // An answer that has come already is read before the next chunk is written to a connection that is perhaps closed.
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

/** The reply up to its NUL; the connection is over then. */
function replyOf(socket: Socket, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const give = (error: Error | undefined, why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new ScannerUnavailableError('clamav', why, { cause: error }))
    }
    const timer = setTimeout(() => give(undefined, `did not answer within ${timeoutMs} ms`), timeoutMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\0')
      if (end === -1 && text.length <= MAX_REPLY) return
      clearTimeout(timer)
      socket.destroy()
      resolve(text.slice(0, end === -1 ? MAX_REPLY : end))
    })
    socket.once('error', (error) => give(error, `cannot be reached: ${error.message}`))
    socket.once('close', () => give(undefined, 'closed the connection without a verdict'))
  })
}

/** A reply of INSTREAM as a finding; throws ScannerUnavailableError for anything but a verdict. */
export function findingOf(reply: string): Finding {
  const text = reply.trim()
  if (/^stream: OK$/.test(text)) return { kind: 'clean' }
  const [, name] = /^stream: (.+) FOUND$/.exec(text) ?? []
  if (name !== undefined) return { kind: 'infected', name }
  // The daemon's StreamMaxLength is smaller than the platform's maxSize.
  if (/size limit exceeded/i.test(text)) return { kind: 'too-large' }
  throw new ScannerUnavailableError('clamav', `answered: ${text.slice(0, 200) || 'nothing'}`)
}
