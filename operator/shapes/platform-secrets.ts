import type { V1Secret } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'
import { brokerAccessName, labelsOf, platformKeyName } from './names.ts'
import type { Component } from './names.ts'
import { secret } from './secret.ts'

interface Place {
  namespace: string
  /** Name of the MailPlatform. */
  platform: string
}

/** The key from which secrets of a platform are derived, or with which they are sealed. Pure. */
export const platformKeySecret = ({ namespace, platform }: Place, key: Buffer): Wire<V1Secret> =>
  secret({
    namespace,
    name: platformKeyName(platform),
    labels: labelsOf(platform),
    data: { key: key.toString('base64') },
  })

/** The password by which a component logs in to the broker. Pure. */
export const brokerAccessSecret = (
  { namespace, platform }: Place,
  component: Component,
  password: string,
): Wire<V1Secret> =>
  secret({
    namespace,
    name: brokerAccessName(platform, component),
    labels: labelsOf(platform, component),
    data: { password },
  })
