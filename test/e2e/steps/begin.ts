import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../journey.ts'
import {
  applyQuickstart,
  install,
  mailTo,
  PLATFORM,
  send,
  SHOP,
  startClient,
  SYSTEM,
  waitFor,
  wantedRecords,
} from '../platform.ts'

/** From `helm install` to the first mail, as NOTES.txt and docs/kubernetes/install.md say it. */
export const helmInstall: Run = ({ images }) => install(images)

export const quickstart: Run = async ({ images, remote }) => {
  await applyQuickstart(remote.resolver)
  // Its MX is there already.
  await remote.publish((await wantedRecords(SHOP, 'example')).filter(({ type }) => type === 'TXT'))
  await waitFor('domain', 'example', SHOP)
  await waitFor('smtpcredential', 'app', SHOP)
  await waitFor('mailplatform', PLATFORM, SYSTEM)
  await startClient(images, ['app-smtp'])
}

export const submitOver =
  (port: 465 | 587): Run =>
  async ({ remote }) => {
    const subject = `over ${port}`
    const sent = await send({ secret: 'app-smtp', port, mail: mailTo('someone@take.test', subject) })
    assert.equal(sent.ok, true, sent.error)
    await eventually(async () => {
      const mail = (await remote.taken()).find(({ content }) => content.includes(`Subject: ${subject}`))
      assert.ok(mail !== undefined, 'the sink does not have it yet')
      assert.match(mail.content, /^DKIM-Signature: /m)
    }, 30_000)
  }

export const laterAndNever: Run = async ({ remote }) => {
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
}
