import type { Spec } from '@postrider/resources/kinds'

type Tenants = Spec<'MailPlatform'>['tenants']

/** Whether the platform serves the resources of a namespace. */
export function isAllowed(
  { namespaces: { from, selector } }: Tenants,
  namespace: { name: string; labels: Record<string, string> },
  platformNamespace: string,
): boolean {
  if (namespace.name === platformNamespace || from === 'All') return true
  if (from === 'Same') return false
  const wanted = Object.entries(selector?.matchLabels ?? {})
  // An empty selector would match all; for that there is All.
  return wanted.length > 0 && wanted.every(([key, value]) => namespace.labels[key] === value)
}
