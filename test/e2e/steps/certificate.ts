import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import { eventually } from '../../support/eventually.ts'
import { timed } from '../journey.ts'
import type { Run } from '../journey.ts'
import { apply, get, kubectl, readyPods } from '../kube.ts'
import { client, mailTo, patchPlatform, send, SYSTEM } from '../platform.ts'

/** A Secret that something like cert-manager renews. */
const SECRET = 'own-tls'
const INGRESS = 'app.kubernetes.io/component=ingress'

/** A renewed certificate is shown to the next client, and no pod starts again. */
export const renewedCertificate: Run = async (_, log) => {
  const first = await write()
  await use(SECRET)
  // A pod of before is forgotten by the Service some seconds after its end began.
  await eventually(async () => assert.equal(await shown(), first), 30_000)
  const before = await pods()
  const second = await write()
  // The kubelet writes a changed Secret into a pod within a minute or so.
  const seconds = await timed(() => eventually(async () => assert.equal(await shown(), second), 180_000))
  assert.deepEqual(await pods(), before, 'a pod was started again')
  log(`shown ${seconds.toFixed(0)} s after the Secret changed, by the same pods`)
  await use(undefined)
  await kubectl('delete', 'secret', SECRET, '-n', SYSTEM)
  // The client finds the CA of the platform's own certificate in its Secret again, when the kubelet has written it there.
  await eventually(async () => {
    const sent = await send({ secret: 'app-smtp', mail: mailTo('someone@take.test', 'trusted again') })
    assert.equal(sent.ok, true, sent.error)
  }, 180_000)
}

interface Deployment {
  spec: { template: { spec: { volumes: { secret?: { secretName: string } }[] } } }
}

/** Another Secret is another pod template. */
async function use(secretName: string | undefined): Promise<void> {
  await patchPlatform({ ingress: { tls: secretName === undefined ? null : { secretName } } })
  await eventually(async () => {
    const { spec } = await get<Deployment>('deployment', 'mail-ingress', '-n', SYSTEM)
    const used = spec.template.spec.volumes.some(({ secret }) => secret?.secretName === SECRET)
    assert.equal(used, secretName !== undefined)
  }, 60_000)
  await kubectl('rollout', 'status', 'deployment/mail-ingress', '-n', SYSTEM, '--timeout=180s')
}

const pods = async (): Promise<string[]> =>
  (await readyPods(SYSTEM, INGRESS)).map(({ metadata, status }) =>
    [metadata.name, status.containerStatuses?.[0]?.restartCount].join(' '),
  )

/** Makes a certificate, and returns its fingerprint. */
async function write(): Promise<string> {
  const { cert, key, ca } = await makeLocalCertificate(
    ['mail.example.org', 'mail-ingress.postrider-system.svc'],
    Date.now(),
  )
  const data = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca }
  await apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: SECRET, namespace: SYSTEM },
      stringData: data,
    },
  ])
  return createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')
}

const shown = async (): Promise<string> =>
  (await client<{ fingerprint: string }>('POST', '/certificate', { secret: 'app-smtp' })).fingerprint
