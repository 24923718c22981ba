import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createTransport } from 'nodemailer'
import type { SendMailOptions } from 'nodemailer'
import { Load } from './load.ts'

/** A program that sends mail, in a pod, with what a credential's Secret says, mounted below /etc/smtp. Its certificate check is on.
 *   POST /send  { secret, port: 465 | 587, host?, mail }   one message, by nodemailer
 *   POST /hold  { secret, host? }                          logs in and stays; GET /hold tells whether it still does
 *   POST /certificate { secret }                            what is shown, trusted or not: { fingerprint }
 *   POST /load  { secret, rate, sessions }                 see load.ts; GET /load; DELETE /load ends it */
interface Ask {
  secret: string
  port?: 465 | 587
  /** Instead of the Secret's: one pod of several. The certificate is checked for the Secret's name all the same. */
  host?: string
  mail: SendMailOptions
  rate: number
  sessions: number
}

const read = (secret: string, key: string): string => readFileSync(join('/etc/smtp', secret, key), 'utf8')

/** A certificate that the platform did not make itself is for the client to know. */
const authority = (secret: string): { ca?: string } =>
  existsSync(join('/etc/smtp', secret, 'ca.crt')) ? { ca: read(secret, 'ca.crt') } : {}

function settings({ secret, host, port = 465 }: Ask) {
  const name = read(secret, 'host')
  const implicit = port === 465
  const own = host !== undefined
  return {
    host: host ?? name,
    // A pod listens on other ports than the Service.
    port: own ? port + 1000 : Number(read(secret, implicit ? 'portImplicitTLS' : 'portSTARTTLS')),
    secure: implicit,
    requireTLS: true,
    auth: { user: read(secret, 'username'), pass: read(secret, 'password') },
    tls: { ...authority(secret), servername: name, rejectUnauthorized: true },
    connectionTimeout: 5000,
    greetingTimeout: 5000,
  }
}

async function send(ask: Ask): Promise<object> {
  const transport = createTransport(settings(ask))
  try {
    const { response, messageId } = await transport.sendMail(ask.mail)
    return { ok: true, response, messageId }
  } catch (error) {
    const { message, code, responseCode } = error as Error & { code?: string; responseCode?: number }
    return { ok: false, error: message, code, responseCode }
  } finally {
    transport.close()
  }
}

const held = { lines: [] as string[], endedAt: 0 }

/** A session as a mail client keeps it open; NOOP now and then. */
async function hold(ask: Ask): Promise<object> {
  const { host, port, auth, tls } = settings(ask)
  Object.assign(held, { lines: [], endedAt: 0 })
  const socket = connect({ host, port, ...tls })
  const login = Buffer.from(`\0${auth.user}\0${auth.pass}`).toString('base64')
  const commands = ['EHLO client.test', `AUTH PLAIN ${login}`]
  const noop = setInterval(() => socket.write('NOOP\r\n'), 500)
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk
        .toString()
        .split('\r\n')
        .filter((each) => /^\d{3} /.test(each))) {
        held.lines.push(line)
        const command = commands.shift()
        if (command !== undefined) socket.write(`${command}\r\n`)
        if (line.startsWith('235')) resolve()
        if (line.startsWith('5')) reject(new Error(line))
      }
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearInterval(noop)
      held.endedAt = Date.now()
    })
  })
  return { ok: true }
}

/** SHA-256 of the certificate that the Service shows. */
async function certificate(ask: Ask): Promise<object> {
  const { host, port } = settings(ask)
  const socket = connect({ host, port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { raw } = socket.getPeerCertificate()
  socket.destroy()
  return { fingerprint: createHash('sha256').update(raw).digest('hex') }
}

let load: Load | undefined

async function act(method: string, path: string, ask: Ask): Promise<object> {
  if (path === '/send') return send(ask)
  if (path === '/hold') return method === 'POST' ? hold(ask) : held
  if (path === '/certificate') return certificate(ask)
  if (path === '/load' && method === 'POST') {
    load = new Load({ ...settings(ask), pool: true, maxConnections: ask.sessions, maxMessages: 50 }, ask.rate)
    return { ok: true }
  }
  if (path === '/load' && method === 'DELETE') await load?.end()
  return load?.report() ?? {}
}

createServer((request, response) => {
  void (async () => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const answer = await act(request.method ?? '', request.url ?? '', JSON.parse(body || '{}') as Ask).catch(
      (error: unknown) => ({ ok: false, error: String(error) }),
    )
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  })()
}).listen(8080, '0.0.0.0')
