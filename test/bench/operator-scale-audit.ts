import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A request that changes something, as the API server's audit log tells it. */
export interface Write {
  /** Milliseconds since the epoch. */
  at: number
  verb: string
  /** `domains/status`, `leases`. */
  resource: string
  name: string
  status: number
}

export interface AuditLog {
  /** For the API server's command line. */
  arguments: string[]
  /** Writes of a user, answered since a time. */
  writes(user: string, since?: number): Write[]
  remove(): void
}

interface Line {
  stageTimestamp: string
  verb: string
  user: { username: string }
  objectRef?: { resource?: string; subresource?: string; name?: string }
  responseStatus?: { code?: number }
}

/** Every write and nothing else, without its content. */
const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete, deletecollection]
  - level: None
`

export function auditLog(): AuditLog {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-audit-'))
  const [policy, log] = [join(folder, 'policy.yaml'), join(folder, 'audit.log')]
  writeFileSync(policy, POLICY)
  writeFileSync(log, '')
  return {
    arguments: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    writes: (user, since = 0) =>
      readFileSync(log, 'utf8')
        .split('\n')
        // The last one may be half written.
        .filter((text) => text.endsWith('}'))
        .map((text) => JSON.parse(text) as Line)
        .filter(({ user: { username } }) => username === user)
        .map(writeOf)
        .filter(({ at }) => at >= since),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const writeOf = ({ stageTimestamp, verb, objectRef, responseStatus }: Line): Write => ({
  at: Date.parse(stageTimestamp),
  verb,
  resource: [objectRef?.resource ?? '', ...(objectRef?.subresource === undefined ? [] : [objectRef.subresource])].join(
    '/',
  ),
  name: objectRef?.name ?? '',
  status: responseStatus?.code ?? 0,
})
