import { openCluster } from '@postrider/kubernetes/transport/client'
import type { KubeObject } from '@postrider/kubernetes/object/object'

/** Another field manager that wants its way: applies the objects of its argument (JSON) by force, ten times a second each, until it is ended.
 * What has `status` is applied to the status. */
const EVERY_MS = 100
const RIVAL = { fieldManager: 'rival', force: true }

const cluster = openCluster()
const objects = JSON.parse(process.argv[2] ?? '[]') as (KubeObject & { status?: unknown })[]
for (const object of objects)
  setInterval(() => {
    const written = object.status === undefined ? cluster.apply(object, RIVAL) : cluster.applyStatus(object, RIVAL)
    // It was deleted, or changed meanwhile: the next time will do.
    written.catch(() => undefined)
  }, EVERY_MS)
