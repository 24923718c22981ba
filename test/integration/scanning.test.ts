import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import type { VerdictEvent } from '@postrider/queue/event'
import { decodeEvents } from '@postrider/queue/decode-events'
import { EVENTS } from '@postrider/broker/names'
import { readStream } from '@postrider/broker/read-stream'
import { EICAR, EICAR_NAME, clamdMissing, startClamd } from '../support/clamd.ts'
import type { Daemon } from '../support/clamd.ts'
import { eicarZip, filler } from '../support/eicar-mails.ts'
import { eventually } from '../support/eventually.ts'
import { openAsOwner } from '../support/owner.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { GTUBE, GTUBE_ADD_HEADER, rspamdMissing, startRspamd } from '../support/rspamd.ts'
import { credential, manifest } from '../support/manifest.ts'

const skip = clamdMissing() || rspamdMissing()

describe('scanning', { skip }, () => {
  let remote: Receiver
  let clamd: Daemon
  let rspamd: Daemon
  let platform: TestPlatform

  before(async () => {
    ;[remote, clamd, rspamd] = await Promise.all([startReceiver(), startClamd(), startRspamd()])
    platform = await startPlatform({
      routeTo: remote,
      messageSize: '40Mi',
      platform: { scanning: scanningSpec({}) },
      documents: [
        manifest('SMTPLimit', 'two', { messagesPerDay: 2 }),
        credential('few', { limitRef: { name: 'two' } }),
      ],
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await Promise.all([clamd.stop(), rspamd.stop(), remote.close()])
  })

  interface Document {
    kind: string
    spec: Record<string, unknown>
  }
  interface Scanning {
    clamav?: Record<string, unknown>
    rspamd?: Record<string, unknown>
    headers?: string
  }
  let round = 0
  const scanningSpec = ({ clamav, rspamd: spam, headers }: Scanning) => ({
    clamav: { address: clamd.address, maxSize: '35Mi', timeout: `${30_000 + round}ms`, ...clamav },
    rspamd: { url: `http://${rspamd.address}`, maxSize: '35Mi', timeout: `${15_000 + round}ms`, ...spam },
    ...(headers === undefined ? {} : { headers }),
  })

  /** Publishes other settings, and waits until the ingress says that it has them: each time a time-out is a new one. */
  async function setTo(scanning: Scanning): Promise<void> {
    round++
    const file = join(platform.folder, 'platform.yaml')
    const documents = readFileSync(file, 'utf8')
      .split('---\n')
      .map((text) => parse(text) as Document)
    for (const { kind, spec } of documents) if (kind === 'MailPlatform') spec['scanning'] = scanningSpec(scanning)
    platform.write('platform.yaml', documents)
    await eventually(() => {
      const log = readFileSync(join(platform.state, 'logs', 'ingress-0.log'), 'utf8').split('\n')
      const last = log.findLast((line) => line.includes('"event":"scanners"')) ?? ''
      assert.match(last, new RegExp(`"timeoutMs":(${30_000 + round}|${15_000 + round})\\b`))
    })
  }

  interface Sent {
    code: number
    reply: string
    id: string
  }
  async function send(mail: Record<string, unknown>, name = 'app'): Promise<Sent> {
    const transport = platform.transport(name)
    try {
      const { response } = (await transport.sendMail({
        from: `${name}@sender.test`,
        to: 'kim@remote.test',
        subject: 'test',
        text: 'hello',
        ...mail,
      })) as { response: string }
      return { code: Number(response.slice(0, 3)), reply: response, id: /queued as (\w+)/.exec(response)?.[1] ?? '' }
    } catch (error) {
      const { responseCode, response } = error as { responseCode?: number; response?: string }
      if (responseCode === undefined) throw error
      return { code: responseCode, reply: response ?? '', id: '' }
    }
  }

  async function delivered(subject: string): Promise<string> {
    return eventually(() => {
      const mail = remote.mails.find(({ content }) => content.includes(`Subject: ${subject}\r\n`))
      assert.ok(mail, `${subject} is delivered`)
      return mail.content.slice(0, mail.content.indexOf('\r\n\r\n') + 2)
    })
  }

  const metric = async (series: string): Promise<number> => {
    const line = (await platform.metrics('ingress')).split('\n').find((text) => text.startsWith(`${series} `))
    return Number(line?.slice(series.length + 1) ?? 0)
  }

  async function verdicts(): Promise<VerdictEvent[]> {
    const broker = await openAsOwner(platform.state, platform.ports.broker)
    try {
      const { state } = await broker.jsm.streams.info(EVENTS)
      const events: VerdictEvent[] = []
      for await (const { data } of readStream(broker, EVENTS, { seq: 1 }, state.last_seq)) {
        for (const event of decodeEvents(data)) if (event.type === 'verdict') events.push(event)
      }
      return events
    } finally {
      await broker.close()
    }
  }

  test('clean mail goes through untouched', async () => {
    const sent = await send({ subject: 'clean' })
    assert.equal(sent.code, 250)
    assert.doesNotMatch(await delivered('clean'), /^X-(Virus|Spam)/im)
  })

  const infected: [string, () => Record<string, unknown>][] = [
    ['plain', () => ({ text: EICAR })],
    ['in an attachment', () => ({ attachments: [{ filename: 'x.com', content: Buffer.from(EICAR, 'latin1') }] })],
    ['in a ZIP archive', () => ({ attachments: [{ filename: 'x.zip', content: eicarZip() }] })],
    [
      'behind 20 MB of others',
      () => ({
        attachments: [
          { filename: 'big.bin', content: filler(20_000_000) },
          { filename: 'x.com', content: Buffer.from(EICAR, 'latin1') },
        ],
      }),
    ],
  ]
  for (const [what, mail] of infected) {
    test(`malware ${what} is refused by its name`, async () => {
      const sent = await send(mail())
      assert.equal(sent.code, 550)
      assert.match(sent.reply, /5\.7\.1 .*Eicar-Test-Signature/)
    })
  }

  test('20 MB without malware are taken', async () => {
    const sent = await send({ subject: 'big', attachments: [{ filename: 'big.bin', content: filler(20_000_000) }] })
    assert.equal(sent.code, 250)
  })

  test('spam is refused, or taken with a field that says so, as rspamd has it', async () => {
    const refused = await send({ text: GTUBE })
    assert.equal(refused.code, 550)
    assert.match(refused.reply, /5\.7\.1 .*spam.*GTUBE/)
    assert.equal((await send({ subject: 'tagged', text: GTUBE_ADD_HEADER })).code, 250)
    const headers = await delivered('tagged')
    assert.match(headers, /^X-Spam: Yes\r$/m)
    assert.match(headers, /^X-Spam-Status: Yes, score=6\.00 required=15\.00\r$/m)
    assert.doesNotMatch(headers, /^X-Virus/m)
  })

  test('what is refused does not count against a limit', async () => {
    for (let round = 0; round < 3; round++) assert.equal((await send({ text: EICAR }, 'few')).code, 550)
    for (let round = 0; round < 2; round++) assert.equal((await send({}, 'few')).code, 250)
    assert.notEqual((await send({}, 'few')).code, 250)
  })

  test('a verdict is written down with who sent the message and what was done', async () => {
    await eventually(async () => {
      const found = (await verdicts()).find(({ credential, scanner }) => credential === 'few@sender.test' && scanner)
      assert.ok(found)
      const { domain, scanner, outcome, action, reason } = found
      assert.deepEqual(
        { domain, scanner, outcome, action, reason },
        {
          domain: 'sender.test',
          scanner: 'clamav',
          outcome: 'infected',
          action: 'reject',
          reason: `malware ${EICAR_NAME}`,
        },
      )
    })
  })

  test('verdict fields tell of each scan, and none that a client brings along is kept', async () => {
    await setTo({ headers: 'Verdict', clamav: { infected: 'Tag' }, rspamd: { rejectScore: 3 } })
    const headers = { 'X-Spam-Status': 'No, says the sender', 'X-Virus-Scanned': 'yes' }
    assert.equal((await send({ subject: 'told', headers })).code, 250)
    const fields = await delivered('told')
    assert.deepEqual(
      fields.match(/^X-(Virus|Spam).*$/gm)?.map((field) => field.trim()),
      ['X-Virus-Scanned: ClamAV', 'X-Virus-Status: Clean', 'X-Spam-Status: No, score=0.00 required=15.00'],
    )
    assert.equal((await send({ subject: 'tagged malware', text: EICAR })).code, 250)
    assert.match(
      await delivered('tagged malware'),
      new RegExp(`^X-Virus-Status: Infected .malware ${EICAR_NAME}.`, 'm'),
    )
    // Points of the platform's own.
    assert.equal((await send({ subject: 'points 2' })).code, 250)
    assert.equal((await send({ subject: 'points 4' })).code, 550)
  })

  test('what is too large for a scanner is taken with a field, or refused', async () => {
    const attachments = [{ filename: 'big.bin', content: filler(200_000) }]
    await setTo({ clamav: { maxSize: '100Ki' } })
    assert.equal((await send({ subject: 'larger', attachments })).code, 250)
    assert.match(await delivered('larger'), /^X-Virus-Status: Unscanned/m)
    await setTo({ clamav: { maxSize: '100Ki', tooLarge: 'Reject' } })
    const { code, reply } = await send({ attachments })
    assert.equal(code, 552)
    assert.match(reply, /5\.3\.4/)
  })

  test('a clamd that takes less than the platform was told', async () => {
    const small = await startClamd({ streamMaxLength: '1M' })
    try {
      await setTo({ clamav: { address: small.address } })
      const attachments = [{ filename: 'big.bin', content: filler(3_000_000) }]
      assert.equal((await send({ subject: 'larger for clamd', attachments })).code, 250)
      assert.match(await delivered('larger for clamd'), /^X-Virus-Status: Unscanned/m)
    } finally {
      await small.stop()
    }
  })

  for (const which of ['clamd', 'rspamd'] as const) {
    const daemon = (): Daemon => (which === 'clamd' ? clamd : rspamd)
    const scanner = which === 'clamd' ? 'clamav' : 'rspamd'
    const set = (settings: Record<string, unknown>) => setTo({ [scanner]: settings })

    test(`${which} down: mail is answered 451, or taken where the platform says so, and 250 when it is back`, async () => {
      await set({})
      await daemon().kill()
      const away = await send({})
      assert.equal(away.code, 451)
      assert.match(away.reply, /4\.7\.1/)
      await set({ unavailable: 'Open' })
      assert.equal((await send({})).code, 250)
      await set({})
      await daemon().start()
      await eventually(async () => assert.equal((await send({})).code, 250), 60_000)
    })

    test(`${which} hanging: it is left alone after some messages, and used again when it goes on`, async () => {
      await set({ timeout: '1s' })
      daemon().hang()
      try {
        for (let round = 0; round < 5; round++) assert.equal((await send({})).code, 451)
        const asked = () => metric(`postrider_scan_seconds_count{scanner="${scanner}"}`)
        assert.equal(await metric(`postrider_scanner_circuit_open{scanner="${scanner}"}`), 1)
        const before = await asked()
        for (let round = 0; round < 5; round++) assert.equal((await send({})).code, 451)
        // One may have tried whether it is back.
        assert.ok((await asked()) - before <= 1)
      } finally {
        daemon().goOn()
      }
      await eventually(async () => assert.equal((await send({})).code, 250), 60_000)
      assert.equal(await metric(`postrider_scanner_circuit_open{scanner="${scanner}"}`), 0)
      assert.equal((await send({ text: which === 'clamd' ? EICAR : GTUBE })).code, 550)
    })
  }
})
