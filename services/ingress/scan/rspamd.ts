import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { ScannerUnavailableError } from './scanner.ts'
import type { Verdict, ScannedMail } from './scanner.ts'

/** Connections are kept open between messages. */
const CONNECTIONS = { keepAlive: true, maxSockets: 256 }
/** Bound on an answer. Octets. */
const MAX_ANSWER = 1024 * 1024
/** Symbols that are reported. A spam message can have a hundred; the heaviest ones explain the verdict. */
const MAX_SYMBOLS = 8

/** Scans a message with rspamd by POST /checkv2. The client's address is not sent: the client is a program or a person's device, and
 * rspamd's checks of addresses (blocklists, SPF, greylisting) are meant for mail servers. The `User` field says that the sender has logged
 * in. Rejects with ScannerUnavailableError if there is no verdict within `timeoutMs`. */
export type Rspamd = (mail: ScannedMail, settings: { url: string; timeoutMs: number }) => Promise<Verdict>

/** Creates a client of rspamd with its own connection pool. */
export function createRspamd(): Rspamd {
  const agents: Agents = { http: new HttpAgent(CONNECTIONS), https: new HttpsAgent(CONNECTIONS) }
  return async (mail, { url, timeoutMs }) => verdictOf(await post(new URL('/checkv2', url), mail, timeoutMs, agents))
}

interface Agents {
  http: HttpAgent
  https: HttpsAgent
}

function post(url: URL, mail: ScannedMail, timeoutMs: number, { http, https }: Agents): Promise<string> {
  const [send, agent] = url.protocol === 'https:' ? [httpsRequest, https] : [httpRequest, http]
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const fail = (why: string, cause?: unknown): void => reject(new ScannerUnavailableError('rspamd', why, { cause }))
    const request = send(url, { method: 'POST', agent, signal, headers: headersOf(mail) }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MAX_ANSWER) request.destroy(new Error(`the answer exceeds ${MAX_ANSWER} octets`))
      })
      response.once('error', (error) => fail(`closed the connection during its answer: ${error.message}`, error))
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else fail(`answered ${response.statusCode}: ${text.slice(0, 200)}`)
      })
    })
    request.once('error', (error) => {
      fail(signal.aborted ? `did not answer within ${timeoutMs} ms` : `cannot be reached: ${error.message}`, error)
    })
    request.end(mail.content)
  })
}

function headersOf({ id, from, recipients, credential, content }: ScannedMail): Record<string, string | string[]> {
  return {
    'Content-Length': String(content.length),
    'Queue-Id': id,
    From: inHeader(from),
    Rcpt: recipients.map(({ address }) => inHeader(address)),
    User: inHeader(credential),
  }
}

/** An address for a header field. Node encodes header values as Latin-1, which keeps the octets of a UTF-8 address (RFC 6531). */
const inHeader = (address: string): string => Buffer.from(address).toString('latin1')

/** Parses the answer of /checkv2. Throws ScannerUnavailableError for anything but a verdict. */
export function verdictOf(text: string): Verdict {
  const answer = parse(text)
  const { action, score, required_score: required, symbols } = answer
  if (typeof action !== 'string' || typeof score !== 'number' || typeof required !== 'number') {
    const why = typeof answer['error'] === 'string' ? answer['error'] : 'something other than a verdict'
    throw new ScannerUnavailableError('rspamd', `answered: ${why.slice(0, 200)}`)
  }
  return { kind: 'rated', action, score: { points: score, required }, symbols: heaviest(symbols) }
}

function parse(text: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
  } catch (cause) {
    throw new ScannerUnavailableError('rspamd', 'answered something other than JSON', { cause })
  }
  throw new ScannerUnavailableError('rspamd', 'answered something other than a JSON object')
}

/** Names of the symbols with the highest positive scores, the highest first. GTUBE, a test pattern, counts without a score. */
function heaviest(symbols: unknown): string[] {
  if (typeof symbols !== 'object' || symbols === null) return []
  const scored = Object.entries(symbols as Record<string, { score?: unknown } | null>).map(([name, symbol]) => {
    return { name, score: typeof symbol?.score === 'number' ? symbol.score : 0 }
  })
  const against = scored.filter(({ name, score }) => score > 0 || name === 'GTUBE')
  return against
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_SYMBOLS)
    .map(({ name }) => name)
}
