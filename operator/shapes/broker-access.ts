import type { V1EnvVar } from '@kubernetes/client-node'
import { BROKER_PASSWORD } from '@postrider/contract/broker'
import type { BROKER } from '@postrider/contract/broker'
import type { GivenTo } from '@postrider/contract/contract'
import type { Wire } from '@postrider/kubernetes/object/object'
import { brokerAccessName } from './names.ts'
import type { Component } from './names.ts'
import type { Surroundings } from './surroundings.ts'

const CA_FOLDER = '/etc/postrider/broker'
const CA_KEY = 'ca.crt'

/** How the pods of a component reach the broker; `brokerPassword` has the password. */
export const brokerSettings = (
  { brokerServers, brokerTlsSecret }: Surroundings,
  component: Component,
): GivenTo<typeof BROKER> => ({
  servers: brokerServers,
  user: component,
  tls: brokerTlsSecret === undefined ? undefined : { caFile: `${CA_FOLDER}/${CA_KEY}` },
})

/** Refers to the Secret, so that the password is not in the Deployment. */
export const brokerPassword = (platform: string, component: Component): Wire<V1EnvVar> => ({
  name: BROKER_PASSWORD.name,
  valueFrom: { secretKeyRef: { name: brokerAccessName(platform, component), key: 'password' } },
})

/** Only the CA: the Secret may also hold its key. */
export const brokerAuthority = ({ brokerTlsSecret }: Surroundings) =>
  brokerTlsSecret === undefined
    ? []
    : [{ name: 'broker-ca', secretName: brokerTlsSecret, path: CA_FOLDER, keys: [CA_KEY] }]
