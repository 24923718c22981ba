import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { openSmtp } from '../support/raw-smtp.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort, portsInARow } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { API_VERSION } from '@postrider/resources/kinds'
import { manifest } from '../support/manifest.ts'

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
const NODE_FOLDER = dirname(process.execPath)

interface Ended {
  code: number
  output: string
}

const scratch = mkdtempSync(join(tmpdir(), 'postrider-bad-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let folders = 0

/** A new folder with these files. */
function folderWith(files: Record<string, string>): string {
  const folder = join(scratch, `manifests-${folders++}`)
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** A platform on ports that are free, so that only what a test makes wrong is wrong. */
async function platformWith(spec: Record<string, unknown> = {}): Promise<string> {
  const base = {
    hostName: 'mail.sender.test',
    ingress: { listeners: [{ mode: 'ImplicitTLS', port: await freePort(), address: '127.0.0.1' }] },
    broker: { port: await freePort() },
    api: { replicas: 0 },
    telemetry: { basePort: await portsInARow(60) },
  }
  return stringify(manifest('MailPlatform', 'mail', { ...base, ...spec }))
}

/** Runs `postrider up` that is expected to give up by itself. */
function up(folder: string, env: Record<string, string | undefined> = {}, state?: string): Promise<Ended> {
  const args = [CLI, 'up', folder, '--state', state ?? join(scratch, `state-${folders++}`)]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env }, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    )
  })
}

/** What the person sees is sentences: no stack of the program. */
function assertRefused({ code, output }: Ended, ...parts: (string | RegExp)[]): void {
  assert.equal(code, 2, output)
  for (const part of parts) {
    if (typeof part === 'string') assert.ok(output.includes(part), `${part} in:\n${output}`)
    else assert.match(output, part)
  }
  assert.doesNotMatch(output, /^\s+at /m)
}

describe('manifests that are wrong', () => {
  const wrong: { what: string; manifest: string; says: RegExp }[] = [
    {
      what: 'a value of the wrong kind, in the second document',
      manifest: `apiVersion: ${API_VERSION}\nkind: Domain\nmetadata: { name: a }\nspec: { domainName: a.test }\n---\napiVersion: ${API_VERSION}\nkind: SMTPLimit\nmetadata:\n  name: b\nspec:\n  messagesPerDay: many\n`,
      says: /document 2 \(line 11\).*SMTPLimit default\/b.*spec\.messagesPerDay.*"many".*number/,
    },
    {
      what: 'a misspelt field',
      manifest: `apiVersion: ${API_VERSION}\nkind: SMTPLimit\nmetadata: { name: b }\nspec:\n  mesagesPerDay: 5\n`,
      says: /document 1 .*mesagesPerDay.*did you mean messagesPerDay/,
    },
    {
      what: 'a kind that does not exist',
      manifest: `apiVersion: ${API_VERSION}\nkind: Domian\nmetadata: { name: b }\n`,
      says: /kind.*"Domian".*MailPlatform, .*Domain.*did you mean Domain\?/,
    },
    {
      what: 'a value outside an enumeration',
      manifest: `apiVersion: ${API_VERSION}\nkind: SMTPCredential\nmetadata: { name: b }\nspec:\n  address: a@b.test\n  domainRef: { name: d }\n  state: Paused\n`,
      says: /line 7\).*spec\.state.*"Paused".*Active, Suspended/,
    },
    {
      what: 'a domain name that is none',
      manifest: `apiVersion: ${API_VERSION}\nkind: Domain\nmetadata: { name: b }\nspec:\n  domainName: Not A Domain\n`,
      says: /spec\.domainName.*"Not A Domain".*full domain name/,
    },
    {
      what: 'a missing field',
      manifest: `apiVersion: ${API_VERSION}\nkind: Domain\nmetadata: { name: b }\nspec: {}\n`,
      says: /spec\.domainName.*missing/,
    },
    { what: 'text that is no YAML', manifest: 'kind: [', says: /document 1 \(line \d+\).*is not valid YAML/ },
  ]
  test('each is reported with its place and what is allowed, all at once', async () => {
    const files = Object.fromEntries(wrong.map(({ manifest }, index) => [`tenant-${index}.yaml`, manifest]))
    const ended = await up(folderWith({ 'platform.yaml': await platformWith(), ...files }))
    for (const [index, { what, says }] of wrong.entries()) {
      const lines = ended.output.split('\n').filter((line) => line.includes(`tenant-${index}.yaml`))
      assert.match(lines.join('\n'), says, what)
    }
    assertRefused(ended)
  })

  test('a reference to nothing', async () => {
    const spec = { address: 'a@b.test', domainRef: { name: 'nowhere' } }
    const tenant = stringify(manifest('SMTPCredential', 'b', spec))
    const folder = folderWith({ 'platform.yaml': await platformWith(), 'tenant.yaml': tenant })
    assertRefused(await up(folder), /tenant\.yaml document 1.*SMTPCredential default\/b.*domainRef.*nowhere/)
  })

  test('a folder without manifests, and none at all', async () => {
    assertRefused(await up(folderWith({})), 'contains no *.yaml or *.yml file')
    assertRefused(await up(join(scratch, 'not-there')), /there is no folder .*not-there/)
  })
})

describe('a machine that is not ready', () => {
  test('a taken port is named with its setting', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const listeners = [{ mode: 'STARTTLS', port, address: '127.0.0.1' }]
      const folder = folderWith({ 'platform.yaml': await platformWith({ ingress: { listeners } }) })
      assertRefused(await up(folder), new RegExp(`port ${port} .*spec\\.ingress\\.listeners\\[0\\]\\.port.*in use`))
      const other = folderWith({ 'platform.yaml': await platformWith({ broker: { port } }) })
      assertRefused(await up(other), new RegExp(`port ${port} .*spec\\.broker\\.port.*in use`))
    } finally {
      await new Promise((resolve) => holder.close(resolve))
    }
  })

  test('without nats-server and Go it says how to get one', async () => {
    const cache = join(scratch, 'empty-cache')
    mkdirSync(cache)
    const env = { PATH: NODE_FOLDER, POSTRIDER_CACHE: cache, NATS_SERVER: undefined }
    const folder = folderWith({ 'platform.yaml': await platformWith() })
    assertRefused(await up(folder, env), /nats-server .*not found.*Go is not installed.*install nats-server/)
  })

  test('a NATS_SERVER that is none is named', async () => {
    const folder = folderWith({ 'platform.yaml': await platformWith() })
    assertRefused(await up(folder, { NATS_SERVER: '/bin/true' }), /NATS_SERVER=\/bin\/true is not a nats-server/)
  })
})

describe('certificates', { skip: needs('openssl', 'openssl') }, () => {
  const make = (name: string): { certificateFile: string; keyFile: string } => {
    const files = { certificateFile: join(scratch, `${name}.pem`), keyFile: join(scratch, `${name}.key`) }
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.keyFile]
    const request = ['req', '-x509', ...key, '-out', files.certificateFile, '-subj', `/CN=${name}`, '-days', '30']
    execFileSync('openssl', request, { stdio: 'ignore' })
    return files
  }
  const upWith = async (tls: { certificateFile: string; keyFile: string }): Promise<Ended> => {
    const listeners = [{ mode: 'ImplicitTLS', port: await freePort(), address: '127.0.0.1' }]
    return up(folderWith({ 'platform.yaml': await platformWith({ ingress: { listeners, tls } }) }))
  }

  test('a missing file, no PEM, and the key of another certificate are distinguished', async () => {
    const good = make('good')
    const other = make('other')
    const missing = join(scratch, 'missing.pem')
    const text = join(scratch, 'text.pem')
    writeFileSync(text, 'no certificate\n')
    assertRefused(await upWith({ ...good, certificateFile: missing }), `${missing} cannot be read`)
    assertRefused(await upWith({ ...good, certificateFile: text }), `${text} contains no PEM certificate`)
    assertRefused(await upWith({ ...good, keyFile: text }), `${text} contains no PEM private key`)
    assertRefused(
      await upWith({ ...good, keyFile: other.keyFile }),
      `${other.keyFile} is not the key of the certificate in ${good.certificateFile}`,
    )
  })
})

describe('a running platform', () => {
  let remote: Receiver
  let platform: TestPlatform
  before(async () => {
    remote = await startReceiver()
    platform = await startPlatform({ routeTo: remote })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  test('keeps its state folder to itself', async () => {
    const folder = folderWith({ 'platform.yaml': await platformWith() })
    assertRefused(await up(folder, {}, platform.state), /another postrider \(process \d+\) is using this state folder/)
    await platform.submit({ to: 'kim@remote.test' })
  })

  test('keeps the last good configuration when a change is bad, and says why', async () => {
    platform.write('more.yaml', [manifest('SMTPLimit', 'few', { messagesPerDay: -3 })])
    await eventually(() =>
      assert.match(platform.output(), /the change was not applied.*\n.*more\.yaml.*messagesPerDay/),
    )
    await platform.submit({ to: 'kim@remote.test' })
    rmSync(join(platform.folder, 'more.yaml'))
  })

  test('refuses a deleted credential within 2 s: the next login, and the session that is open', async () => {
    const extra = manifest('SMTPCredential', 'extra', { address: 'extra@sender.test', domainRef: { name: 'sender' } })
    platform.write('extra.yaml', [extra])
    const file = join(platform.state, 'credentials', 'default.extra.json')
    const { password } = await eventually(() => JSON.parse(readFileSync(file, 'utf8')) as { password: string })
    const auth = Buffer.from(`\0extra@sender.test\0${password}`).toString('base64')
    const connect = () => openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
    const open = await connect()
    await open.command('EHLO client.test')
    await eventually(async () => assert.match(await open.command(`AUTH PLAIN ${auth}`), /^235 /))
    assert.match(await open.command('MAIL FROM:<extra@sender.test>'), /^250 /)
    await open.command('RSET')

    rmSync(join(platform.folder, 'extra.yaml'))
    const deletedAt = Date.now()
    assert.match(await open.reply(), /^421 4\.7\.0/)
    const next = await connect()
    await next.command('EHLO client.test')
    assert.match(await next.command(`AUTH PLAIN ${auth}`), /^535 5\.7\.8/)
    assert.ok(Date.now() - deletedAt < 20_000)
    open.close()
    next.close()
  })
})
