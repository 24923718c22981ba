import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { startClamd } from '../../support/clamd.ts'
import type { Daemon } from '../../support/clamd.ts'
import { eventually } from '../../support/eventually.ts'
import { startPlatform } from '../../support/platform.ts'
import type { TestPlatform } from '../../support/platform.ts'
import { openSmtp } from '../../support/raw-smtp.ts'
import { startReceiver } from '../../support/receiver/receiver.ts'
import { startRspamd } from '../../support/rspamd.ts'
import { commandsUpToData } from '../submission.ts'

/** A reply to a content, and how long it took from the content's first octet. Milliseconds. */
export interface Answer {
  reply: string
  ms: number
}

export type FailMode = 'TempFail' | 'Open'

/** A platform, and scanners that it asks or does not ask. */
export interface World {
  platform: TestPlatform
  clamd: Daemon
  rspamd: Daemon
  /** What a scanner is asked, or not: `off` names none. Time-outs are the defaults. Resolves when the ingress has it. */
  scan(mode: FailMode | 'off'): Promise<void>
  /** Submits in a connection of its own, and waits until what was taken is delivered: it is in nobody's way then. */
  submit(content: Buffer): Promise<Answer>
  stop(): Promise<void>
}

interface Document {
  kind: string
  spec: Record<string, unknown>
}

/** Longer than any time-out of a scanner. */
const WAIT_MS = 120_000

export async function startWorld(): Promise<World> {
  const [clamd, rspamd, remote] = await Promise.all([startClamd(), startRspamd(), startReceiver()])
  const platform = await startPlatform({ routeTo: remote })
  // As often as the ingress has said which scanners it has, it has new ones.
  const settings = (): number =>
    readFileSync(join(platform.state, 'logs', 'ingress-0.log'), 'utf8').split('"event":"scanners"').length
  let mode = 'off'

  async function say(content: Buffer): Promise<Answer> {
    const { username, password } = platform.credential
    const smtp = await openSmtp({ port: platform.ports.submissions, tls: true, waitMs: WAIT_MS })
    try {
      for (const line of commandsUpToData(username, password)) {
        const reply = await smtp.command(line)
        if (!/^[23]/.test(reply)) throw new Error(`${line.slice(0, 10)} was answered ${reply}`)
      }
      const startedAt = performance.now()
      // In one piece: a dot that comes after would wait for the acknowledgement of the rest (RFC 896).
      smtp.write(Buffer.concat([content, Buffer.from('.\r\n')]))
      const reply = await smtp.reply()
      return { reply, ms: performance.now() - startedAt }
    } finally {
      smtp.close()
    }
  }

  return {
    platform,
    clamd,
    rspamd,
    async scan(wanted) {
      if (wanted === mode) return
      mode = wanted
      const before = settings()
      const file = join(platform.folder, 'platform.yaml')
      const documents = readFileSync(file, 'utf8')
        .split('---\n')
        .map((text) => parse(text) as Document)
      const scanning = {
        clamav: { address: clamd.address, unavailable: wanted },
        rspamd: { url: `http://${rspamd.address}`, unavailable: wanted },
      }
      for (const { kind, spec } of documents) {
        if (kind !== 'MailPlatform') continue
        if (wanted === 'off') delete spec['scanning']
        else spec['scanning'] = scanning
      }
      platform.write('platform.yaml', documents)
      await eventually(() => {
        if (settings() === before) throw new Error('the ingress has not said that its scanners are others')
      })
    },
    async submit(content) {
      const subject = /^Subject: .*\r$/m.exec(content.toString('latin1', 0, 500))?.[0] ?? ''
      const answer = await say(content)
      if (!answer.reply.startsWith('250')) return answer
      await eventually(() => {
        const index = remote.mails.findIndex(({ content: taken }) => taken.includes(subject))
        if (index === -1) throw new Error('not delivered yet')
        remote.mails.splice(index, 1)
      }, WAIT_MS)
      return answer
    },
    async stop() {
      await platform.stop()
      platform.remove()
      await Promise.all([clamd.stop(), rspamd.stop(), remote.close()])
    },
  }
}
