import { setTimeout as pause } from 'node:timers/promises'
import { openSmtp } from '../support/raw-smtp.ts'

export interface Login {
  /** Of implicit TLS, on loopback. */
  port: number
  username: string
  password: string
  /** Where the client connects from. */
  from: string
}

/** What came of a submission. Milliseconds from before the connect to the last reply. */
export interface Submission {
  /** The reply that ended it: 250 of the content, or the first that was none to go on with. */
  reply: string
  ms: number
}

const LINE = `${'x'.repeat(70)}\r\n`
/** 4 KB of content with its header, without the final dot. */
const mailOf = (from: string): string =>
  `From: <${from}>\r\nTo: <kim@remote.test>\r\nSubject: bench\r\n\r\n${LINE.repeat(56)}`

export const authPlain = (username: string, password: string): string =>
  `AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString('base64')}`

/** The commands of one mail, to where its content is next. */
export const commandsUpToData = (username: string, password: string): string[] => [
  'EHLO client.test',
  authPlain(username, password),
  `MAIL FROM:<${username}>`,
  'RCPT TO:<kim@remote.test>',
  'DATA',
]

/** Submits 4 KB in a connection of its own, by TLS and AUTH. */
export async function submitOnce({ port, username, password, from }: Login): Promise<Submission> {
  const startedAt = performance.now()
  const ended = (reply: string): Submission => ({ reply, ms: performance.now() - startedAt })
  const smtp = await openSmtp({ port, tls: true, localAddress: from })
  try {
    if (!smtp.greeting.startsWith('220')) return ended(smtp.greeting)
    for (const line of commandsUpToData(username, password)) {
      const reply = await smtp.command(line)
      if (!/^[23]/.test(reply)) return ended(reply)
    }
    const result = ended(await smtp.command(`${mailOf(username)}.`))
    smtp.write('QUIT\r\n')
    return result
  } catch (error) {
    return ended(`no reply (${error instanceof Error ? error.message : String(error)})`)
  } finally {
    smtp.close()
  }
}

/** Submits `perSecond` mails a second until the signal, whether or not those before are done: a server that stalls is not spared
 * the mails that come meanwhile. */
export async function submitSteadily(login: () => Login, perSecond: number, until: AbortSignal): Promise<Submission[]> {
  const all: Promise<Submission>[] = []
  const startedAt = performance.now()
  while (!until.aborted) {
    all.push(submitOnce(login()))
    const wait = startedAt + (all.length * 1000) / perSecond - performance.now()
    await pause(Math.max(0, wait), undefined, { signal: until }).catch(() => undefined)
  }
  return Promise.all(all)
}
