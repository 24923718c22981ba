import { openSmtp } from '../../support/raw-smtp.ts'
import { authPlain } from '../submission.ts'
import { quantile } from '../quantile.ts'

/** What a blocked network hears about the right password and about wrong ones. */
export interface Probe {
  /** Different replies, with the minutes that are left taken out. */
  right: string[]
  wrong: string[]
  /** From AUTH to the reply, medians. Milliseconds. */
  rightMs: number
  wrongMs: number
}

interface Asked {
  reply: string
  ms: number
}

/** Tries the right password and a wrong one from each address, in turn. */
export async function probe(port: number, username: string, password: string, addresses: string[]): Promise<Probe> {
  const right: Asked[] = []
  const wrong: Asked[] = []
  for (const [index, address] of addresses.entries()) {
    const both = [
      async () => void right.push(await ask(port, address, username, password)),
      async () => void wrong.push(await ask(port, address, username, `${password.slice(1)}${index}`)),
    ]
    for (const one of index % 2 === 0 ? both : both.toReversed()) await one()
  }
  const texts = (asked: Asked[]): string[] => [...new Set(asked.map(({ reply }) => reply.replace(/\d+ minutes?/, 'N')))]
  const middle = (asked: Asked[]): number =>
    quantile(
      asked.map(({ ms }) => ms),
      0.5,
    )
  return { right: texts(right), wrong: texts(wrong), rightMs: middle(right), wrongMs: middle(wrong) }
}

async function ask(port: number, localAddress: string, username: string, password: string): Promise<Asked> {
  const smtp = await openSmtp({ port, tls: true, localAddress })
  try {
    await smtp.command('EHLO guess.test')
    const startedAt = performance.now()
    const reply = await smtp.command(authPlain(username, password))
    return { reply, ms: performance.now() - startedAt }
  } finally {
    smtp.close()
  }
}
