import { setTimeout as pause } from 'node:timers/promises'
import { openSmtp } from '../../support/raw-smtp.ts'
import { authPlain } from '../submission.ts'

/** What a slow client is at when it becomes slow. */
export type SlowKind = 'command' | 'auth' | 'command after login' | 'content'

export interface Target {
  submissions: number
  submission: number
  username: string
  password: string
}

const DRIP_MS = 1000

/** What is said at full speed, and the octet that is sent again and again then. */
function scriptOf(kind: SlowKind, { username, password }: Target): { lines: string[]; octet: string } {
  const login = authPlain(username, password)
  switch (kind) {
    case 'command':
      return { lines: ['EHLO slow.test'], octet: 'N' }
    case 'auth':
      return { lines: ['EHLO slow.test', 'AUTH LOGIN'], octet: 'A' }
    case 'command after login':
      return { lines: ['EHLO slow.test', login], octet: 'N' }
    case 'content':
      return {
        lines: ['EHLO slow.test', login, `MAIL FROM:<${username}>`, 'RCPT TO:<kim@remote.test>', 'DATA'],
        octet: 'x',
      }
  }
}

/** One visit in TLS, an octet a second, until the server ends it. */
export async function visitSlowly(kind: SlowKind, target: Target, from: string): Promise<void> {
  const { lines, octet } = scriptOf(kind, target)
  const smtp = await openSmtp({ port: target.submissions, tls: true, localAddress: from })
  try {
    for (const line of lines) {
      if (smtp.closed || !/^[23]/.test(await smtp.command(line))) return
    }
    while (!smtp.closed) {
      smtp.write(octet)
      await pause(DRIP_MS)
    }
  } finally {
    smtp.close()
  }
}
