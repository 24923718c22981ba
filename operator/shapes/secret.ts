import type { V1Secret } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'

export interface SecretShape {
  namespace: string
  name: string
  labels: Record<string, string>
  annotations?: Record<string, string>
  type?: string
  /** As text; encoded here. */
  data: Record<string, string>
}

/** A Secret as the API server stores it: with `data` and not `stringData`, so that it can be compared with the live object. */
export const secret = ({
  namespace,
  name,
  labels,
  annotations,
  type = 'Opaque',
  data,
}: SecretShape): Wire<V1Secret> => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }) },
  type,
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
})

/** A key of a Secret as text; undefined when it is not there. */
export function secretText(found: Wire<V1Secret> | undefined, key: string): string | undefined {
  const text = found?.data?.[key]
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
}
