import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

let remote: Receiver
let platform: TestPlatform
let smtp: RawSmtp

before(async () => {
  remote = await startReceiver()
  platform = await startPlatform({ routeTo: remote })
  const { username, password } = platform.credential
  smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
  await smtp.command('EHLO client.test')
  const login = Buffer.from(`\0${username}\0${password}`).toString('base64')
  assert.match(await smtp.command(`AUTH PLAIN ${login}`), /^235 /)
})
after(async () => {
  smtp.close()
  await platform.stop()
  platform.remove()
  await remote.close()
})

/** The same cuts in each run with one seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function pieces(text: string, cuts: number[]): string[] {
  const at = [0, ...new Set(cuts.filter((cut) => cut > 0 && cut < text.length))].sort((a, b) => a - b)
  return at.map((start, index) => text.slice(start, at[index + 1] ?? text.length))
}

/** Sends a message in chunks that end at `chunkCuts`, in packets that end at what `packetCuts` makes of all that is sent. A TLS record is a packet:
 * it reaches the server as one piece. */
async function send(
  to: string,
  content: string,
  chunkCuts: number[],
  packetCuts: (stream: string) => number[],
): Promise<void> {
  assert.match(await smtp.command(`MAIL FROM:<${platform.credential.username}>`), /^250 /)
  assert.match(await smtp.command(`RCPT TO:<${to}>`), /^250 /)
  const chunks = pieces(content, chunkCuts)
  const stream = chunks
    .map((chunk, index) => `BDAT ${chunk.length}${index === chunks.length - 1 ? ' LAST' : ''}\r\n${chunk}`)
    .join('')
  for (const packet of pieces(stream, packetCuts(stream))) {
    smtp.write(packet)
    await turn()
  }
  for (const chunk of chunks) assert.match(await smtp.reply(), /^250 /, `a chunk of ${chunk.length} octets`)
}

async function arrives(to: string, content: string): Promise<void> {
  const mail = await eventually(
    () => remote.mails.find((one) => one.to.includes(to)) ?? assert.fail(`no mail to ${to}`),
  )
  assert.ok(mail.content.endsWith(content), `${to} arrived changed`)
}

const header = (subject: string): string =>
  `From: ${platform.credential.username}\r\nDate: Fri, 27 Nov 2026 09:00:00 +0000\r\nMessage-ID: <${subject}@sender.test>\r\nSubject: ${subject}\r\n`

test('chunks and packets cut at every offset of a CRLF', async () => {
  const body = '\r\na\r\n.\r\n\r\nBDAT 3\r\n..\r\n'
  const contents = new Map<string, string>()
  for (let cut = 0; cut <= body.length; cut++)
    for (const [kind, shift] of [
      ['chunk', undefined],
      ['packet', 0],
      ['command', -1],
    ] as const) {
      const to = `${kind}${cut}@remote.test`
      const content = header(`${kind}${cut}`) + body
      const at = content.length - body.length + cut
      // A packet ends where the chunk does, or one octet before: inside the next command's line or the last CRLF.
      const packets = (stream: string): number[] => {
        const end = stream.indexOf('\r\n') + 2 + at
        return shift === undefined ? [] : [end + shift, end + shift + 1, end + 8]
      }
      await send(to, content, [at], packets)
      contents.set(to, content)
    }
  for (const [to, content] of contents) await arrives(to, content)
})

test('10,000 random cuts, chunks of 1 octet to 64 KB: all accepted, and the content is the same octet for octet', async (t) => {
  const seed = Number(process.env['POSTRIDER_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`POSTRIDER_SEED=${seed}`)
  const random = randomOf(seed)
  const upTo = (most: number): number => Math.floor(random() * most)
  const line = (): string => (random() < 0.2 ? '.'.repeat(upTo(3)) : `${'0123456789'.repeat(upTo(90))}${upTo(1e6)}`)
  let cuts = 0
  for (let number = 0; cuts < 10_000; number++) {
    const small = number % 4 !== 0
    const wanted = small ? 2000 : 150_000
    let content = `${header(`random${number}`)}\r\n`
    while (content.length < wanted) content += `${line()}\r\n`
    const ends = [...content.matchAll(/\r\n/g)].map(({ index }) => index + upTo(3))
    const anywhere = Array.from({ length: small ? 60 : 3 }, () => upTo(content.length))
    // Two neighbours make a chunk of one octet; the large ones leave chunks of up to 64 KB.
    const single = upTo(content.length)
    const chunkCuts = [...anywhere, ...ends.filter(() => random() < (small ? 0.3 : 0.005)), single, single + 1]
    const large = Array.from({ length: Math.floor(content.length / 65_536) }, (_, at) => (at + 1) * 65_536)
    const packets = (stream: string): number[] => Array.from({ length: 60 }, () => upTo(stream.length))
    const to = `random${number}@remote.test`
    await send(to, content, [...chunkCuts, ...large], packets)
    await arrives(to, content)
    cuts += new Set([...chunkCuts, ...large]).size + 60
  }
})
