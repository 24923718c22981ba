import { createServer } from 'node:http'
import { SMTPServer } from 'smtp-server'

/** A remote mail server in a pod. What it answers is said by the recipient's domain. GET /taken tells the mail
 * that it took, but for the load's; GET /counts how often each message of the load came; GET /answers its 4xx and 5xx.
 * It is built of smtp-server and not of test/support/receiver, since the pod has this one file and the packages of the image.
 *   refuse.test   550 at RCPT
 *   later.test    451 at RCPT the first two times, then taken
 *   any other     taken */
interface Taken {
  from: string
  to: string[]
  at: number
  /** As it came, up to 64 KiB. */
  content: string
}
const MAX_CONTENT = 65_536
const taken: Taken[] = []
/** By X-Load-Id. */
const counts = new Map<string, number>()
const answers: { to: string; code: number; at: number }[] = []

const answered = (to: string, code: number, text: string): Error => {
  answers.push({ to, code, at: Date.now() })
  return Object.assign(new Error(text), { responseCode: code })
}

const smtp = new SMTPServer({
  name: 'mx.take.test',
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  onRcptTo({ address }, _session, done) {
    const domain = address.slice(address.lastIndexOf('@') + 1)
    if (domain === 'refuse.test') done(answered(address, 550, '5.1.1 no such user here'))
    else if (domain === 'later.test' && answers.filter(({ to }) => to === address).length < 2)
      done(answered(address, 451, '4.7.1 greylisted, come again'))
    else done()
  },
  onData(stream, { envelope }, done) {
    let content = ''
    stream.on('data', (chunk: Buffer) => {
      if (content.length < MAX_CONTENT) content += chunk.toString('latin1')
    })
    stream.on('end', () => {
      const id = /^X-Load-Id: (\S+)\r$/im.exec(content)?.[1]
      if (id !== undefined) {
        counts.set(id, (counts.get(id) ?? 0) + 1)
        done()
        return
      }
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
      const to = envelope.rcptTo.map(({ address }) => address)
      taken.push({ from, to, at: Date.now(), content })
      done()
    })
  },
})
smtp.on('error', (error) => console.error(error))
smtp.listen(2525, '0.0.0.0')

createServer((request, response) => {
  const bodies: Record<string, object> = { '/answers': answers, '/counts': Object.fromEntries(counts), '/taken': taken }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(bodies[request.url ?? ''] ?? {}))
}).listen(8080, '0.0.0.0')
