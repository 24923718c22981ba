import { autoscaler, disruptionBudget } from '@postrider/operator/shapes/availability'
import { credentialSecret } from '@postrider/operator/shapes/credential-secret'
import { deploymentsOf } from '@postrider/operator/shapes/deployments'
import { brokerAccessSecret, platformKeySecret } from '@postrider/operator/shapes/platform-secrets'
import { apiService, ingressService } from '@postrider/operator/shapes/service'
import { KINDS } from '@postrider/resources/kinds'
import { format } from 'prettier'
import { stringify } from 'yaml'
import { GOLDEN_PLATFORMS } from './golden-platforms.ts'
import type { GoldenPlatform } from './golden-platforms.ts'

const FOLDER = 'operator/shapes/golden'
const SCALED = ['ingress', 'delivery'] as const

/** What the operator writes for a platform, by the name of the golden file. */
const SHAPES: Record<string, (given: GoldenPlatform) => object[]> = {
  deployments: deploymentsOf,
  services: ({ platform }) => [
    ingressService(platform),
    ...(platform.spec.api.replicas === 0 ? [] : [apiService(platform)]),
  ],
  'disruption-budgets': ({ platform }) => SCALED.map((component) => disruptionBudget(platform, component)),
  autoscalers: ({ platform }) => SCALED.flatMap((component) => autoscaler(platform, component) ?? []),
  secrets: ({ platform }) => [
    platformKeySecret({ namespace: platform.namespace, platform: platform.name }, Buffer.from('a platform key')),
    brokerAccessSecret({ namespace: platform.namespace, platform: platform.name }, 'ingress', 'a password'),
    credentialSecret(platform, credential(), { password: 'p@ss', ca: undefined }),
    credentialSecret(platform, credential('of-its-own'), { password: 'p@ss', ca: 'a CA' }),
  ],
}

const credential = (secretName?: string) => ({
  kind: 'SMTPCredential' as const,
  namespace: 'shop',
  name: 'app',
  origin: '',
  spec: KINDS.SMTPCredential.parse({ address: 'app+orders@example.org', domainRef: { name: 'shop' }, secretName }),
})

/** The golden files of operator/shapes as they should be, by path: `make generate` writes them. A shape that a platform does not
 * have has no file. */
export async function goldenShapes(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [platform, given] of Object.entries(GOLDEN_PLATFORMS))
    for (const [shape, build] of Object.entries(SHAPES)) {
      const objects = build(given)
      if (objects.length > 0) files.set(`${FOLDER}/${platform}/${shape}.yaml`, await print(objects))
    }
  return files
}

const print = (objects: object[]): Promise<string> =>
  format(objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'), {
    parser: 'yaml',
    printWidth: 120,
    singleQuote: true,
  })
