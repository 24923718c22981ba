import { startDns } from '../hostile/dns/server.ts'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import type { Transaction } from '../support/receiver/transaction.ts'
import { header, parseOne } from '../support/report/python-email.ts'
import type { ParsedMessage } from '../support/report/python-email.ts'
import type { Cause } from './cause.ts'
import { CAUSES } from './causes.ts'
import { policy } from '../support/manifest.ts'

/** A notice as its reader and other programs see it. */
export interface SeenNotice {
  cause: Cause
  subject: string
  /** The part for people, with LF. */
  text: string
  /** Of the first recipient. */
  fields: Map<string, string>
  defects: string[]
}

/** After this long a message expires, and is reported as delayed. */
const LIFETIME = '8s'
const DELAYED_AFTER = '3s'

/** Has one message of each cause fail, and collects what its sender gets. */
export async function collectNotices(): Promise<SeenNotice[]> {
  const [dns, port] = await Promise.all([startDns(), freePort()])
  const mailbox = await startReceiver()
  const remotes: Receiver[] = [mailbox]
  const policies: unknown[] = [policy('sender', ['sender.test'], mailbox)]
  for (const cause of CAUSES) {
    if (cause.dns === 'null-mx') dns.add(`${cause.name}.test`, { type: 'MX', value: '0 .' })
    if (cause.dns === 'fails') dns.fail(`${cause.name}.test`, { answer: 'SERVFAIL' })
    if (cause.dns === 'loop') dns.add(`${cause.name}.test`, { type: 'MX', value: '10 mail.sender.test' })
    if (cause.dns === 'refused-connection')
      policies.push(policy(cause.name, [`${cause.name}.test`], { host: '127.0.0.1', port: await freePort() }))
    if (cause.remote === undefined) continue
    const remote = await startReceiver(cause.remote)
    remotes.push(remote)
    policies.push(policy(cause.name, [`${cause.name}.test`], remote, cause.policy))
  }
  const platform = await startPlatform({
    documents: policies,
    platform: {
      delivery: { smtpPort: port, timeouts: { connect: '1s' } },
      dns: { resolvers: [dns.address] },
      retry: { firstDelay: '500ms', maxDelay: '1s', jitterPercent: 0, lifetime: LIFETIME },
      notices: { delayedAfter: DELAYED_AFTER },
    },
  })
  try {
    const { username, password } = platform.credential
    for (const cause of CAUSES) await submit(cause, platform.ports.submissions, username, password)
    const seen: SeenNotice[] = []
    for (const cause of CAUSES) seen.push(await eventually(() => noticeOf(cause, mailbox.mails), 60_000))
    return seen
  } finally {
    await platform.stop()
    platform.remove()
    for (const remote of remotes) await remote.close()
    dns.close()
  }
}

async function submit(cause: Cause, port: number, username: string, password: string): Promise<void> {
  const smtp = await openSmtp({ port, tls: true })
  const must = async (line: string, code: string): Promise<void> => {
    smtp.write(Buffer.from(`${line}\r\n`))
    const reply = await smtp.reply()
    if (!reply.startsWith(code)) throw new Error(`${cause.name}: ${line} was answered ${reply}`)
  }
  await must('EHLO client.test', '250')
  await must(`AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString('base64')}`, '235')
  await must(`MAIL FROM:<${username}>${cause.mailParameters ?? ''}`, '250')
  for (const local of cause.to ?? ['kim'])
    await must(`RCPT TO:<${local}@${cause.name}.test>${cause.rcptParameters ?? ''}`, '250')
  await must('DATA', '354')
  const subject = `Subject: Order 4711 (${cause.title})`
  smtp.write(
    Buffer.from(
      `From: ${username}\r\nTo: kim@${cause.name}.test\r\n${subject}\r\n\r\nHello Kim,\r\n\r\nit is on its way.\r\n.\r\n`,
    ),
  )
  const reply = await smtp.reply()
  if (!reply.startsWith('250')) throw new Error(`${cause.name}: ${reply}`)
  smtp.close()
}

function noticeOf(cause: Cause, mails: Transaction[]): SeenNotice {
  for (const { content } of mails) {
    if (!content.includes(`@${cause.name}.test`)) continue
    const message = parseOne(Buffer.from(content, 'latin1'))
    const [text, status] = message.parts as [ParsedMessage, ParsedMessage | undefined]
    const recipient = status?.parts[1]
    if (recipient === undefined || header(recipient, 'Action') !== cause.action) continue
    return {
      cause,
      subject: header(message, 'Subject') ?? '',
      text: Buffer.from(text.text ?? '', 'latin1')
        .toString()
        .replaceAll('\r\n', '\n'),
      fields: new Map(recipient.headers),
      defects: [message, ...message.parts].flatMap(({ defects }) => defects),
    }
  }
  throw new Error(`no ${cause.action} notice about ${cause.name}`)
}
