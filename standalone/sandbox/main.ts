import { randomBytes } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerSession } from 'smtp-server'
import { SANDBOX } from './settings.ts'

/** A receiver for trials: accepts mail for any recipient and stores each message as a file that mail programs can open.
 * Part of the quickstart, where every destination is routed to it; it is not part of the platform. */
const { port, folder, certificate } = SANDBOX.read(process.env)
await mkdir(folder, { recursive: true })

const server = new SMTPServer({
  name: 'sandbox.localhost',
  banner: 'Postrider sandbox',
  cert: readFileSync(certificate.certFile),
  key: readFileSync(certificate.keyFile),
  disabledCommands: ['AUTH'],
  disableReverseLookup: true,
  size: 64 * 1024 * 1024,
  onData(stream, session, callback) {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', callback)
    stream.on('end', () => {
      keep(Buffer.concat(chunks), session).then(() => callback(), callback)
    })
  },
})
server.on('error', (error) =>
  console.error(JSON.stringify({ service: 'sandbox', event: 'error', message: error.message })),
)
server.listen(port, '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))

/** Stores a message as in final delivery (RFC 5321, 4.4): the envelope is prepended and the message itself is not changed. */
async function keep(content: Buffer, session: SMTPServerSession): Promise<void> {
  const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : ''
  const to = session.envelope.rcptTo.map((recipient) => `Delivered-To: ${recipient.address}\r\n`).join('')
  const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomBytes(3).toString('hex')}.eml`
  const temporary = join(folder, `.${name}`)
  const file = await open(temporary, 'w')
  await file.writeFile(Buffer.concat([Buffer.from(`Return-Path: <${from}>\r\n${to}`), content]))
  await file.close()
  // Renamed when complete, so that programs that watch the folder see only whole messages.
  await rename(temporary, join(folder, name))
}
