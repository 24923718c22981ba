import { EICAR } from '../../support/clamd.ts'
import { eicarZip, filler } from '../../support/eicar-mails.ts'
import { GTUBE } from '../../support/rspamd.ts'

/** A mail that scanners look at, and what is to come of it. */
export interface Case {
  name: string
  /** The code of the reply when it is scanned. */
  code: number
  /** Content without the final dot, another one at each call: clamd remembers what it found clean. */
  content: () => Buffer
}

interface Attachment {
  name: string
  content: Buffer
}

const HEADER = 'From: <app@sender.test>\r\nTo: <kim@remote.test>\r\nMIME-Version: 1.0\r\n'
const BOUNDARY = 'bench-boundary'
let made = 0

function mail(text: string, attachments: Attachment[] = []): Buffer {
  const header = `${HEADER}Subject: scanning ${++made}\r\n`
  if (attachments.length === 0) return Buffer.from(`${header}\r\n${text}\r\n`, 'latin1')
  const parts = attachments.map(({ name, content }) => {
    const fields = `Content-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n`
    return `${fields}\r\n${content.toString('base64').replace(/.{76}/g, '$&\r\n')}`
  })
  const body = ['Content-Type: text/plain\r\n\r\n' + text, ...parts]
    .map((part) => `--${BOUNDARY}\r\n${part}\r\n`)
    .join('')
  const type = `Content-Type: multipart/mixed; boundary="${BOUNDARY}"\r\n`
  return Buffer.from(`${header}${type}\r\n${body}--${BOUNDARY}--\r\n`, 'latin1')
}

/** An attachment that makes a mail of so many octets; the number in it makes each another. */
function big(octets: number): Attachment {
  const content = filler(Math.floor((octets * 57) / 78))
  content.writeUInt32BE(made)
  return { name: 'big.bin', content }
}
const eicarFile: Attachment = { name: 'eicar.com', content: Buffer.from(EICAR, 'latin1') }

export const CLEAN_4_KB: Case = {
  name: 'clean, 4 KB',
  code: 250,
  content: () => mail(`${'x'.repeat(70)}\r\n`.repeat(56)),
}
export const CLEAN_20_MB: Case = {
  name: 'clean, 20 MB',
  code: 250,
  content: () => mail('see the attachment', [big(20_000_000)]),
}
export const EICAR_PLAIN: Case = { name: 'EICAR as text', code: 550, content: () => mail(EICAR) }
export const GTUBE_PLAIN: Case = { name: 'GTUBE', code: 550, content: () => mail(GTUBE) }

export const CASES: Case[] = [
  CLEAN_4_KB,
  { name: 'clean, 1 MB', code: 250, content: () => mail('see the attachment', [big(1_000_000)]) },
  CLEAN_20_MB,
  EICAR_PLAIN,
  { name: 'EICAR attached', code: 550, content: () => mail('see the attachment', [eicarFile]) },
  {
    name: 'EICAR in a ZIP archive',
    code: 550,
    content: () => mail('see the attachment', [{ name: 'eicar.zip', content: eicarZip() }]),
  },
  {
    name: 'EICAR attached, 20 MB',
    code: 550,
    content: () => mail('see the attachments', [big(20_000_000), eicarFile]),
  },
  GTUBE_PLAIN,
]
