import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startReceiver } from '../../support/receiver/receiver.ts'
import type { Subject } from './subject.ts'
import { credential, manifest, yamlOf } from '../../support/manifest.ts'

const RELAY = 2525
const SESSIONS = 4
/** The host's loopback, as the guest's user-mode network shows it. */
const HOST = '10.0.2.2'
/** How long nothing may arrive after the restart before what is missing counts as lost. */
const QUIET_MS = 90_000

/** The whole platform; a message is acknowledged by the 250 after its final dot, and is there when the receiver got it.
 * Until the power cut the receiver takes every other message and defers the rest, so that some are delivered, some are
 * scheduled and some are new when the power goes. */
export async function postriderSubject(): Promise<Subject> {
  let cut = false
  const receiver = await startReceiver({
    script: ({ stage, argument }) => {
      const deferred = stage === 'rcpt' && !cut && /[02468]@/.test(argument)
      return deferred ? '451 4.3.0 later' : undefined
    },
  })
  return {
    name: 'postrider',
    guestPorts: [RELAY],
    files: { 'manifests/platform.yaml': manifests(receiver.port) },
    ready: async ([port = 0]) => {
      const client = await openSmtp(port)
      await client.close()
    },
    async load([port = 0], acknowledged, stop) {
      let next = 0
      const session = async (): Promise<void> => {
        try {
          const client = await openSmtp(port)
          while (!stop.aborted) {
            const id = String(next++)
            await client.send(id)
            acknowledged(id)
          }
        } catch {
          // The power is gone; what was not acknowledged may be lost.
        }
      }
      await Promise.all(Array.from({ length: SESSIONS }, session))
    },
    async kept(_, wanted) {
      cut = true
      const ids = () => new Set(receiver.mails.map(({ content }) => /^Subject: (\d+)/m.exec(content)?.[1] ?? ''))
      let before = receiver.mails.length
      let changedAt = Date.now()
      while (Date.now() - changedAt < QUIET_MS) {
        if (wanted.isSubsetOf(ids())) break
        await pause(500)
        if (receiver.mails.length > before) changedAt = Date.now()
        before = receiver.mails.length
      }
      const found = ids()
      // For the next round, whose ids are the same.
      receiver.mails.length = 0
      cut = false
      return found
    },
    close: () => receiver.close(),
  }
}

function manifests(receiverPort: number): string {
  return yamlOf([
    manifest('MailPlatform', 'mail', {
      hostName: 'mail.sender.test',
      ingress: {
        listeners: [
          {
            mode: 'TrustedNetworks',
            port: RELAY,
            address: '0.0.0.0',
            networks: ['10.0.2.0/24'],
            credential: 'app@sender.test',
          },
        ],
      },
      retry: { firstDelay: '2s', maxDelay: '5s', lifetime: '1h' },
    }),
    manifest('Domain', 'sender', { domainName: 'sender.test' }),
    credential('app'),
    manifest('DestinationPolicy', 'route', { route: { host: HOST, port: receiverPort } }),
  ])
}

/** As little of an SMTP client as sends a message a time. A lost connection rejects. */
async function openSmtp(port: number) {
  const socket = createConnection({ host: '127.0.0.1', port })
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  let failure: unknown
  socket.on('error', (error) => (failure = error))
  const expect = async (code: string): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('the connection was lost', { cause: failure })
      if (!value.startsWith(code)) throw new Error(`${code} was expected: ${value}`)
      if (value[3] !== '-') return
    }
  }
  const ask = (text: string, code: string): Promise<void> => {
    socket.write(`${text}\r\n`)
    return expect(code)
  }
  await expect('220')
  await ask('EHLO load.sender.test', '250')
  return {
    async send(id: string) {
      await ask('MAIL FROM:<app@sender.test>', '250')
      await ask(`RCPT TO:<kim${id}@remote.test>`, '250')
      await ask('DATA', '354')
      await ask(`From: app@sender.test\r\nSubject: ${id}\r\n\r\n${'x'.repeat(70)}\r\n.`, '250')
    },
    async close() {
      await ask('QUIT', '221')
      socket.destroy()
    },
  }
}
