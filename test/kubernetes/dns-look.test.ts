import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { clientSetupRecords } from '@postrider/operator/dns/client-setup'
import { createLook } from '@postrider/operator/dns/look'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'

describe('what the DNS has for mail clients', { skip: unboundMissing() }, () => {
  let dns: Unbound
  before(async () => {
    dns = await startUnbound({
      records: [
        '_submissions._tcp.a.test. SRV 5 0 465 smtp.platform.test.',
        '_submission._tcp.a.test. SRV 0 0 0 .',
        'autoconfig.a.test. CNAME setup.platform.test.',
        'autodiscover.a.test. A 192.0.2.1',
      ],
    })
  })
  after(() => dns.stop())

  test('SRV and CNAME records are read as they are, and none is taken for another', async () => {
    const wanted = clientSetupRecords({
      domainName: 'a.test',
      submission: { host: 'smtp.platform.test', implicitTls: 465, startTls: 587 },
      incoming: [],
      publicHost: 'setup.platform.test',
    })
    const found = await createLook([dns.address])(wanted)
    assert.deepEqual(
      found.map(({ name, state, seen }) => [name, state, seen]),
      [
        ['_submissions._tcp.a.test', 'Found', undefined],
        ['_submission._tcp.a.test', 'Different', '0 0 0 .'],
        ['autoconfig.a.test', 'Found', undefined],
        ['autodiscover.a.test', 'Missing', undefined],
        ['_autodiscover._tcp.a.test', 'Missing', undefined],
      ],
    )
  })
})
