import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { assertWhole, underLoad } from './load.ts'
import { apply, get, kubectl, readyPods } from './kube.ts'
import {
  applyQuickstart,
  client,
  install,
  patchPlatform,
  PLATFORM,
  send,
  SHOP,
  startClient,
  SYSTEM,
  waitFor,
  wantedRecords,
} from './platform.ts'
import type { Resource } from './platform.ts'
import { startRemote } from './remote.ts'
import type { Remote } from './remote.ts'
import { settings } from './settings.ts'

/** The way of a user, from `helm install` to a quiet uninstall; each step builds on the ones before. */
const { images, dnsImage } = settings()
const mailTo = (to: string, subject: string): object => ({
  from: 'app@example.org',
  to,
  subject,
  text: 'A few words.\n',
})

describe('a cluster', { concurrency: false }, () => {
  let remote: Remote
  let broken = ''

  /** Each step builds on the ones before: after a failed one that the rest needs, no other is tried. */
  const step = (name: string, run: (t: TestContext) => Promise<void>, needed = false): void => {
    void it(name, async (t) => {
      assert.equal(broken, '', 'an earlier step failed')
      try {
        await run(t)
      } catch (error) {
        if (needed) broken = name
        throw error
      }
    })
  }

  before(async () => {
    remote = await startRemote(images.image, dnsImage)
  })

  step('helm install', () => install(images), true)

  step(
    'the quickstart manifests, and the DNS records that the Domain wants',
    async () => {
      await applyQuickstart(remote.resolver)
      // Its MX is there already.
      await remote.publish((await wantedRecords(SHOP, 'example')).filter(({ type }) => type === 'TXT'))
      await waitFor('domain', 'example', SHOP)
      await waitFor('smtpcredential', 'app', SHOP)
      await waitFor('mailplatform', PLATFORM, SYSTEM)
      await startClient(images, ['app-smtp'])
    },
    true,
  )

  for (const port of [465, 587] as const)
    step(`a Node client in a pod submits over ${port}, and the sink has the mail by MX`, async () => {
      const subject = `over ${port}`
      const sent = await send({ secret: 'app-smtp', port, mail: mailTo('someone@take.test', subject) })
      assert.equal(sent.ok, true, sent.error)
      await eventually(async () => {
        const mail = (await remote.taken()).find(({ content }) => content.includes(`Subject: ${subject}`))
        assert.ok(mail !== undefined, 'the sink does not have it yet')
        assert.match(mail.content, /^DKIM-Signature: /m)
      }, 30_000)
    })

  step('a 451 is tried again, a 550 comes back as a notice', async () => {
    for (const to of ['soon@later.test', 'nobody@refuse.test'])
      assert.equal((await send({ secret: 'app-smtp', mail: mailTo(to, `to ${to}`) })).ok, true)
    await eventually(async () => {
      const taken = await remote.taken()
      assert.ok(
        taken.some(({ to }) => to.includes('soon@later.test')),
        'not delivered after the 451s',
      )
      const notice = taken.find(
        ({ to, content }) => to.includes('app@example.org') && content.includes('nobody@refuse.test'),
      )
      assert.match(notice?.content ?? '', /Status: 5\.1\.1/, 'no notice of the 550')
    }, 90_000)
    const answers = await remote.answers()
    assert.equal(answers.filter(({ to, code }) => to === 'soon@later.test' && code === 451).length, 2)
  })

  step('under load, a rolling update of every component: nothing lost, nothing twice', async (t) => {
    const verdict = await underLoad(remote, async () => {
      for (const name of ['mail-ingress', 'mail-delivery', 'mail-notifier', 'postrider-operator']) {
        await kubectl('rollout', 'restart', `deployment/${name}`, '-n', SYSTEM)
        await kubectl('rollout', 'status', `deployment/${name}`, '-n', SYSTEM, '--timeout=180s')
      }
    })
    assertWhole(verdict, { graceful: true }, (line) => t.diagnostic(line))
  })

  step('under load, ingress and delivery from 1 to 3 to 1: nothing lost, nothing twice', async (t) => {
    await scale(1)
    const verdict = await underLoad(remote, async () => {
      await scale(3)
      await scale(1)
    })
    assertWhole(verdict, { graceful: true }, (line) => t.diagnostic(line))
    await scale(2)
  })

  step('under load, pods deleted at random: nothing lost, nothing twice', async (t) => {
    const verdict = await underLoad(remote, () => deletePods([]))
    assertWhole(verdict, { graceful: true }, (line) => t.diagnostic(line))
  })

  step('under load, pods killed at random: nothing lost', async (t) => {
    const verdict = await underLoad(remote, () => deletePods(['--force', '--grace-period=0']))
    assertWhole(verdict, { graceful: false }, (line) => t.diagnostic(line))
  })

  step('under load, a restart of the broker: nothing lost', async (t) => {
    const verdict = await underLoad(remote, async () => {
      await kubectl('delete', 'pod', 'postrider-nats-0', '-n', SYSTEM)
      await kubectl('wait', '--for=condition=Ready', 'pod/postrider-nats-0', '-n', SYSTEM, '--timeout=120s')
      await waitFor('mailplatform', PLATFORM, SYSTEM)
    })
    assertWhole(verdict, { graceful: false }, (line) => t.diagnostic(line))
  })

  step('a changed limit holds in every ingress pod within 5 s', async (t) => {
    await patchPlatform({ ingress: { replicas: 3 } })
    const pods = await eventually(async () => {
      const found = await readyPods(SYSTEM, 'app.kubernetes.io/component=ingress')
      assert.equal(found.length, 3)
      return found
    }, 120_000)
    const everywhere = (accepted: boolean): Promise<void> =>
      eventually(async () => {
        for (const { status } of pods) {
          const mail = mailTo('someone@take.test', 'limited')
          const sent = await send({
            secret: 'app-smtp',
            ...(status.podIP === undefined ? {} : { host: status.podIP }),
            mail,
          })
          assert.equal(sent.ok, accepted, `${status.podIP ?? ''}: ${sent.error ?? sent.response ?? ''}`)
        }
      }, 30_000)
    await everywhere(true)
    for (const [messagesPerDay, accepted] of [
      [1, false],
      [100_000, true],
    ] as const) {
      await kubectl(
        'patch',
        'smtplimit',
        'modest',
        '-n',
        SHOP,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { messagesPerDay } }),
      )
      const startedAt = Date.now()
      await everywhere(accepted)
      const seconds = (Date.now() - startedAt) / 1000
      t.diagnostic(
        `messagesPerDay ${messagesPerDay}: ${accepted ? 'taken' : 'refused'} by all ${pods.length} pods after ${seconds.toFixed(1)} s`,
      )
      assert.ok(seconds < 5)
    }
  })

  step('a deleted credential ends its sessions and can not log in within 5 s', async (t) => {
    const gone = {
      apiVersion: 'postrider.dev/v1alpha1',
      kind: 'SMTPCredential',
      metadata: { name: 'gone', namespace: SHOP },
    }
    await apply([{ ...gone, spec: { address: 'gone@example.org', domainRef: { name: 'example' } } }])
    await waitFor('smtpcredential', 'gone', SHOP)
    await startClient(images, ['app-smtp', 'gone-smtp'])
    const held = await client<{ ok: boolean; error?: string }>('POST', '/hold', { secret: 'gone-smtp' })
    assert.equal(held.ok, true, held.error)
    await kubectl('delete', 'smtpcredential', 'gone', '-n', SHOP)
    const startedAt = Date.now()
    await eventually(async () => {
      const sent = await send({
        secret: 'gone-smtp',
        mail: { ...mailTo('someone@take.test', 'too late'), from: 'gone@example.org' },
      })
      assert.equal(sent.responseCode, 535, sent.error ?? sent.response)
    }, 30_000)
    const refusedAfter = Date.now() - startedAt
    const { endedAt, lines } = await eventually(async () => {
      const state = await client<{ endedAt: number; lines: string[] }>('GET', '/hold')
      assert.ok(state.endedAt > 0, 'the session goes on')
      return state
    }, 30_000)
    const endedAfter = endedAt - startedAt
    t.diagnostic(
      `AUTH refused after ${refusedAfter} ms; the session ended after ${endedAfter} ms with: ${lines.at(-1) ?? ''}`,
    )
    assert.ok(refusedAfter < 5000 && endedAfter < 5000)
  })

  step('no service has a token of the API server', async () => {
    const pods = await readyPods(SYSTEM, 'app.kubernetes.io/component in (ingress,delivery,notifier,broker)')
    assert.ok(pods.length >= 4)
    for (const { metadata } of pods)
      await assert.rejects(
        kubectl('exec', metadata.name, '-n', SYSTEM, '--', 'ls', '/var/run/secrets/kubernetes.io'),
        /No such file/,
      )
  })

  async function scale(count: number): Promise<void> {
    await patchPlatform({ ingress: { replicas: count } })
    await kubectl('scale', `mailplatform/${PLATFORM}`, `--replicas=${count}`, '-n', SYSTEM)
    await eventually(async () => {
      for (const component of ['ingress', 'delivery']) {
        const pods = await readyPods(SYSTEM, `app.kubernetes.io/component=${component}`)
        assert.equal(pods.length, count, component)
      }
      const { status } = await get<Resource>('mailplatform', PLATFORM, '-n', SYSTEM)
      assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
    }, 120_000)
  }

  /** One of each component in turn, and the next when all is well again. */
  async function deletePods(how: string[]): Promise<void> {
    for (const component of ['ingress', 'delivery', 'notifier', 'operator', 'ingress', 'delivery']) {
      const pods = await readyPods(SYSTEM, `app.kubernetes.io/component=${component}`)
      const one = pods[Math.floor(Math.random() * pods.length)]
      assert.ok(one !== undefined, `no pod of ${component}`)
      await kubectl('delete', 'pod', one.metadata.name, '-n', SYSTEM, ...how)
      await eventually(async () => {
        const now = await readyPods(SYSTEM, `app.kubernetes.io/component=${component}`)
        assert.equal(now.length, pods.length)
      }, 120_000)
    }
  }
})
