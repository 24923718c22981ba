import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { needs, orFail } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { startThunderbird } from '../support/thunderbird.ts'
import type { Thunderbird } from '../support/thunderbird.ts'

/** A loopback address of this test's own: Thunderbird asks port 80 and 443. */
const ADDRESS = `127.91.${process.pid & 255}.${1 + ((process.pid >> 8) & 127)}`

const skip =
  needs('thunderbird', 'thunderbird') ||
  needs('Xvfb', 'xvfb') ||
  needs('unshare', 'util-linux') ||
  orFail(process.getuid?.() !== 0 && 'needs root: port 80, and a hosts file of its own for Thunderbird')

/** What the account wizard does with an address: the lookups of FindConfig, the best answer's own place filled in. */
const FIND = `
  const { FindConfig } = ChromeUtils.importESModule('resource:///modules/accountcreation/FindConfig.sys.mjs')
  const { AccountConfig } = ChromeUtils.importESModule('resource:///modules/accountcreation/AccountConfig.sys.mjs')
  const [email, password] = args
  const found = await FindConfig.parallelAutoDiscovery(email.split('@')[1], email, new AbortController().signal, password).next()
  const config = found.value
  AccountConfig.replaceVariables(config, 'Kim', email, password)`

const TELL = `${FIND}
  const tell = ({ type, hostname, port, socketType, username, auth }) => ({ type, hostname, port, socketType, username, auth })
  return { source: config.subSource, incoming: tell(config.incoming), outgoing: tell(config.outgoing) }`

const TRUST = `
  const db = Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB)
  db.addCertFromBase64(args[0], 'CTu,CTu,CTu')`

const SEND = `${FIND}
  const { CreateInBackend } = ChromeUtils.importESModule('resource:///modules/accountcreation/CreateInBackend.sys.mjs')
  const to = args[2]
  config.rememberPassword = true
  const account = await CreateInBackend.createAccountInBackend(config)
  const identity = account.defaultIdentity
  // There is no IMAP server behind the settings: no copy is kept there.
  identity.doFcc = false
  identity.composeHtml = false
  const fields = Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(Ci.nsIMsgCompFields)
  fields.from = identity.email
  fields.to = to
  fields.subject = 'found by itself'
  fields.body = 'Grüße from Thunderbird\\n'
  fields.forcePlainText = true
  const send = Cc['@mozilla.org/messengercompose/send;1'].createInstance(Ci.nsIMsgSend)
  return new Promise((resolve, reject) => {
    const listener = {
      QueryInterface: ChromeUtils.generateQI(['nsIMsgSendListener']),
      onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {}, onProgress() {},
      onSendNotPerformed() { reject(new Error('not performed')) },
      onTransportSecurityError(id, status) { reject(new Error('TLS ' + status)) },
      onStopSending(id, status, text) { Components.isSuccessCode(status) ? resolve(id) : reject(new Error('status ' + status + ' ' + text)) },
    }
    send.createAndSendMessage(null, identity, account.key, fields, false, false, Ci.nsIMsgCompDeliverMode.Now, null,
      'text/plain', fields.body, null, null, listener, null, null, Ci.nsIMsgCompType.New).catch(reject)
  })`

describe('Thunderbird', { skip }, () => {
  let platform: TestPlatform
  let remote: Receiver
  let client: Thunderbird

  before(async () => {
    remote = await startReceiver()
    platform = await startPlatform({
      routeTo: remote,
      platform: { api: { address: ADDRESS, port: 443, httpPort: 80, replicas: 1 } },
      domain: { incoming: { imap: { host: 'imap.sender.test' } } },
    })
    client = await startThunderbird({
      'autoconfig.sender.test': ADDRESS,
      'mail.sender.test': '127.0.0.1',
      'imap.sender.test': '127.0.0.1',
    })
  })
  after(async () => {
    await client.stop()
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  test('finds the settings of an address by autoconfig, and sends a mail with them', async () => {
    const { username, password } = platform.credential
    const found = await client.run(TELL, username, password)
    // 3: TLS from the first octet; auth 3: the password as it is, in TLS.
    assert.deepEqual(found, {
      source: 'xml-from-isp-http',
      incoming: { type: 'imap', hostname: 'imap.sender.test', port: 993, socketType: 3, username, auth: 3 },
      outgoing: {
        type: 'smtp',
        hostname: 'mail.sender.test',
        port: platform.ports.submissions,
        socketType: 3,
        username,
        auth: 3,
      },
    })
    const ca = readFileSync(platform.caFile, 'utf8').replace(/-----[^-]+-----|\s/g, '')
    await client.run(TRUST, ca)
    await client.run(SEND, username, password, 'kim@remote.test')
    const mail = await eventually(() => {
      const taken = remote.mails.find(({ to }) => to.includes('kim@remote.test'))
      assert.ok(taken)
      return taken
    }, 60_000)
    assert.match(mail.content, /^User-Agent: Mozilla Thunderbird/m)
    assert.match(mail.content, /^Subject: found by itself/m)
    assert.match(mail.content, /^DKIM-Signature: /m)
  })
})
