import { openSmtp } from '../support/raw-smtp.ts'
import { SENDER } from './contender.ts'

/** Milliseconds of performance.now(). */
export interface Way {
  startedAt: number
  acceptedAt: number
}

const LINE = `${'x'.repeat(70)}\r\n`
const BODY = LINE.repeat(Math.ceil(4096 / LINE.length))

/** Sends one message over a connection of its own; rejects when it is not taken. */
export async function sendOne(to: { host: string; port: number }, recipient: string): Promise<Way> {
  const startedAt = performance.now()
  const smtp = await openSmtp(to)
  const expect = async (line: string, code: string): Promise<void> => {
    const reply = await smtp.command(line)
    if (!reply.startsWith(code)) throw new Error(`${line.slice(0, 40)} was answered ${reply}`)
  }
  try {
    await expect('EHLO load.test', '250')
    await expect(`MAIL FROM:<${SENDER}>`, '250')
    await expect(`RCPT TO:<${recipient}>`, '250')
    await expect('DATA', '354')
    const head = `From: <${SENDER}>\r\nTo: <${recipient}>\r\nSubject: latency\r\n`
    await expect(`${head}\r\n${BODY}.`, '250')
    return { startedAt, acceptedAt: performance.now() }
  } finally {
    smtp.write('QUIT\r\n')
    smtp.close()
  }
}
