import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import type { ClientResult, ClientSettings } from './limit-run.ts'

/** A program that sends one message after the other with one login until its limit says no, over one connection that is reopened
 * when it is lost. Tells its parent of each result. */
const { name, port, caFile, username, password } = JSON.parse(process.argv[2] ?? '{}') as ClientSettings
const AGAIN_MS = 100
/** So many refusals by the limit in a row are the end: one alone may be about messages that are being taken back. */
const REFUSED_AT_LAST = 4

const transport = createTransport({
  host: 'localhost',
  port,
  secure: true,
  pool: true,
  maxConnections: 1,
  maxMessages: 1_000_000,
  auth: { user: username, pass: password },
  tls: { ca: readFileSync(caFile) },
})

const tell = (result: ClientResult): Promise<void> =>
  new Promise((resolve) => process.send?.(result, undefined, undefined, () => resolve()))

async function send(id: string): Promise<ClientResult> {
  try {
    await transport.sendMail({
      from: username,
      to: 'kim@remote.test',
      subject: id,
      text: 'x',
      headers: { 'X-Load-Id': id },
    })
    return { id, outcome: 'accepted' }
  } catch (error) {
    const { responseCode, response = String(error) } = error as { responseCode?: number; response?: string }
    if (responseCode === 452) return { id, outcome: 'limit', response }
    return { id, outcome: 'unknown', response }
  }
}

let refusals = 0
for (let number = 0; refusals < REFUSED_AT_LAST; number++) {
  const result = await send(`${name}-${number}`)
  await tell(result)
  refusals = result.outcome === 'limit' ? refusals + 1 : 0
  if (result.outcome !== 'accepted') await pause(AGAIN_MS)
}
transport.close()
process.disconnect()
