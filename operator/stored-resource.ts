import { API_VERSION } from '@postrider/resources/kinds'
import type { Kind } from '@postrider/resources/kinds'
import { readStored } from '@postrider/resources/stored'
import type { Given, Stored } from '@postrider/resources/stored'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { tooLong } from './tenancy/excess.ts'
import type { Excess } from './tenancy/excess.ts'

/** A custom resource as the stores hold it: read once, when it came from the API server. */
export interface StoredResource<K extends Kind = Kind> extends KubeObject, Stored<K> {
  apiVersion: string
  kind: K
  /** What is more than one tenant may have. It is checked before the resource: nobody reads the rest of the problems of a long list. */
  tooLong: Excess[]
}

/** How the store of a kind reads what comes. */
export const storedAs =
  <K extends Kind>(kind: K) =>
  (object: KubeObject & Given): StoredResource<K> => ({
    apiVersion: API_VERSION,
    kind,
    ...(object.metadata === undefined ? {} : { metadata: object.metadata }),
    ...readStored(kind, object),
    tooLong: tooLong(object.spec),
  })
