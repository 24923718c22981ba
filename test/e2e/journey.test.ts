import { after, before, describe } from 'node:test'
import { steps } from './journey.ts'
import type { Journey } from './journey.ts'
import { startRemote } from './remote.ts'
import { settings } from './settings.ts'
import { apiServerAway, killedLeader } from './steps/api-server.ts'
import { helmInstall, laterAndNever, quickstart, submitOver } from './steps/begin.ts'
import { drift } from './steps/drift.ts'
import { renewedCertificate } from './steps/certificate.ts'
import { dashboardHasData, watchMetrics } from './steps/monitoring.ts'
import { documentedRights, noTokens, restricted } from './steps/rights.ts'
import { brokerRestart, deletedPods, killedPods, rollingUpdate, scaling } from './steps/rollouts.ts'
import { changedLimit, deletedCredential } from './steps/settings.ts'
import { twoTenants } from './steps/tenants.ts'
import { uninstall } from './steps/uninstall.ts'
import { installEarlier, rollback, upgrade } from './steps/upgrade.ts'

/** The way of a user, from `helm install` to a quiet uninstall and back; each step builds on the ones before. */
const { images, dnsImage, state, earlier } = settings()

describe('a cluster', { concurrency: false }, () => {
  const journey = { images, state } as Journey
  const step = steps(journey)

  before(async () => {
    journey.remote = await startRemote(images.image, dnsImage)
    if (state !== undefined) journey.watching = await watchMetrics()
  })
  after(async () => {
    await journey.watching?.stop()
  })

  step('helm install', helmInstall, 'needed')
  step('the quickstart manifests, and the DNS records that the Domain wants', quickstart, 'needed')
  for (const port of [465, 587] as const)
    step(`a Node client in a pod submits over ${port}, and the sink has the mail by MX`, submitOver(port))
  step('a 451 is tried again, a 550 comes back as a notice', laterAndNever)

  step('under load, a rolling update of every component: nothing lost, nothing twice', rollingUpdate)
  step('under load, ingress and delivery from 1 to 3 to 1: nothing lost, nothing twice', scaling)
  step('under load, pods deleted at random: nothing lost, nothing twice', deletedPods)
  step('under load, pods killed at random: nothing lost', killedPods)
  step('under load, a restart of the broker: nothing lost', brokerRestart)

  step('a changed limit holds in every ingress pod within 5 s', changedLimit)
  step('a deleted credential ends its sessions and cannot log in within 5 s', deletedCredential)
  step('a renewed certificate is shown, and no pod starts again', renewedCertificate)
  step('what somebody edits or deletes of the owned objects is back within 10 s, with an Event', drift)
  // Leaves the keys of deleted Domains behind, which are kept for a week and put back no more.
  step('two tenants: one domain, the Secret of the other, the address of the other', twoTenants)
  step('the leader is killed: another acts within 20 s', killedLeader)
  if (state !== undefined)
    step('the API server is away for 60 s: mail flows on, the operator recovers without a restart', apiServerAway)

  step('no service has a token of the API server', noTokens)
  step('the namespace enforces the restricted pod security', restricted)
  step('each service account may do what the docs say, and nothing else', documentedRights)
  if (state !== undefined) step('each query of the dashboard has data, each rule is evaluated', dashboardHasData)

  step('uninstall leaves CRDs and the claims of volumes', uninstall)
  for (const each of earlier) {
    // One that fails does not keep the others from being tried.
    const part = steps(journey)
    part(`commit ${each.commit} is installed`, installEarlier(each), 'needed')
    part(`under load, helm upgrade from ${each.commit} to this commit: nothing lost, nothing twice`, upgrade, 'needed')
    part(`under load, helm rollback to ${each.commit}: nothing lost, nothing twice`, rollback(each))
  }
})
