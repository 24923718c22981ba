import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { ScannerUnavailableError } from './scanner.ts'
import type { Finding, ScannedMail } from './scanner.ts'

/** Connections that are kept between messages. */
const CONNECTIONS = { keepAlive: true, maxSockets: 256 }
const MAX_ANSWER = 1024 * 1024
/** Enough to see why; a spam mail can have a hundred. */
const MAX_SYMBOLS = 8

/** Asks rspamd about a message by POST /checkv2. The client's address is not sent: it is a program of the tenant or a person's
 * device, and what rspamd would do with it (blocklists, SPF, greylisting) is meant for mail servers. `User` says that the
 * sender logged in. Throws ScannerUnavailableError when there is no verdict within `timeoutMs`. */
export type Rspamd = (mail: ScannedMail, settings: { url: string; timeoutMs: number }) => Promise<Finding>

/** A client of rspamd with connections of its own. */
export function createRspamd(): Rspamd {
  const agents: Agents = { http: new HttpAgent(CONNECTIONS), https: new HttpsAgent(CONNECTIONS) }
  return async (mail, { url, timeoutMs }) => findingOf(await post(new URL('/checkv2', url), mail, timeoutMs, agents))
}

interface Agents {
  http: HttpAgent
  https: HttpsAgent
}

function post(url: URL, mail: ScannedMail, timeoutMs: number, { http, https }: Agents): Promise<string> {
  const [send, agent] = url.protocol === 'https:' ? [httpsRequest, https] : [httpRequest, http]
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const give = (why: string, cause?: unknown): void => reject(new ScannerUnavailableError('rspamd', why, { cause }))
    const request = send(url, { method: 'POST', agent, signal, headers: headersOf(mail) }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MAX_ANSWER) request.destroy(new Error(`an answer of more than ${MAX_ANSWER} octets`))
      })
      response.once('error', (error) => give(`broke off: ${error.message}`, error))
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else give(`answered ${response.statusCode}: ${text.slice(0, 200)}`)
      })
    })
    request.once('error', (error) => {
      give(signal.aborted ? `did not answer within ${timeoutMs} ms` : `cannot be reached: ${error.message}`, error)
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

/** An address in UTF-8 (RFC 6531) octet for octet: Node writes header values as Latin-1. */
const inHeader = (address: string): string => Buffer.from(address).toString('latin1')

/** The answer of /checkv2 as a finding; throws ScannerUnavailableError for anything but a verdict. */
export function findingOf(text: string): Finding {
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

/** Names of the symbols that counted most against the message. */
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
