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
  /** Lists longer than a tenant may have. Reported instead of other problems, of which a long list could have very many. */
  tooLong: Excess[]
}

/** How the store of a kind parses objects. */
export const storedAs =
  <K extends Kind>(kind: K) =>
  (object: KubeObject & Given): StoredResource<K> => ({
    apiVersion: API_VERSION,
    kind,
    ...(object.metadata === undefined ? {} : { metadata: object.metadata }),
    ...readStored(kind, object),
    tooLong: tooLong(object.spec),
  })
