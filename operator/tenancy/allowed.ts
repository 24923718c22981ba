import type { Spec } from '@postrider/resources/kinds'

type Tenants = Spec<'MailPlatform'>['tenants']

/** Whether the resources of a namespace are served by the platform. */
export function isAllowed(
  { namespaces: { from, selector } }: Tenants,
  namespace: { name: string; labels: Record<string, string> },
  platformNamespace: string,
): boolean {
  if (namespace.name === platformNamespace || from === 'All') return true
  if (from === 'Same') return false
  const wanted = Object.entries(selector?.matchLabels ?? {})
  // No labels at all would be everybody: for that there is All.
  return wanted.length > 0 && wanted.every(([key, value]) => namespace.labels[key] === value)
}
