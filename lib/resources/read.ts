import type { z } from 'zod'
import { API_VERSION, KINDS, Metadata } from './kinds.ts'
import type { AnyResource, Kind } from './kinds.ts'

/** One problem of a manifest. */
export interface Problem {
  /** File and document, or the cluster's object. */
  origin: string
  /** `Domain default/example`, as far as it could be read. */
  resource: string
  /** `spec.dkim.algorithms[0]`. */
  path: string
  /** What is wrong and what is allowed. */
  problem: string
}

/** Checks one manifest; returns the resource, or all its problems. */
export function readResource(manifest: unknown, origin: string): { resource: AnyResource } | { problems: Problem[] } {
  const problem = (path: string, text: string, resource = ''): { problems: Problem[] } => ({
    problems: [{ origin, resource, path, problem: text }],
  })
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    return problem('', 'is not a manifest: an object with apiVersion, kind, metadata and spec is expected')
  }
  const { apiVersion, kind, metadata, spec, ...others } = manifest as Record<string, unknown>
  if (apiVersion !== API_VERSION) return problem('apiVersion', `is ${show(apiVersion)}, but must be ${API_VERSION}`)
  if (typeof kind !== 'string' || !(kind in KINDS)) {
    return problem(
      'kind',
      `is ${show(kind)}, but must be one of ${Object.keys(KINDS).join(', ')}${hint(String(kind), Object.keys(KINDS))}`,
    )
  }
  const name = Metadata.safeParse(metadata ?? {})
  const label = `${kind} ${name.success ? `${name.data.namespace}/${name.data.name}` : '?'}`
  const parsed = KINDS[kind as Kind].safeParse(spec ?? {})
  const problems = [
    ...Object.keys(others)
      .filter((field) => field !== 'status')
      .map((field) => ({
        path: field,
        problem: 'is not a field of a manifest; the fields are apiVersion, kind, metadata and spec',
      })),
    ...(name.success ? [] : name.error.issues.map((issue) => explain(issue, ['metadata'], metadata))),
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => explain(issue, ['spec'], spec))),
  ].map((found) => ({ origin, resource: label, ...found }))
  if (problems.length > 0 || !name.success || !parsed.success) return { problems }
  // Kind and spec match: the schema was chosen by the kind.
  return { resource: { kind, ...name.data, spec: parsed.data, origin } as AnyResource }
}

function explain(issue: z.core.$ZodIssue, prefix: string[], root: unknown): { path: string; problem: string } {
  const at = [...prefix, ...issue.path.map(String)]
  const path = at.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
  const given = issue.path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    root,
  )
  if (issue.code === 'unrecognized_keys') {
    // zod does not report the allowed keys, so the suggestions come from the fields of all specs.
    const allowed = Object.values(KINDS).flatMap((schema) => Object.keys(schema.shape))
    return { path, problem: issue.keys.map((key) => `has no field ${key}${hint(key, allowed)}`).join('; ') }
  }
  if (issue.code === 'invalid_value')
    return { path, problem: `is ${show(given)}, but must be one of ${issue.values.map(String).join(', ')}` }
  if (given === undefined && issue.code === 'invalid_type')
    return { path, problem: `is missing; ${issue.expected} expected` }
  return { path, problem: `is ${show(given)}: ${issue.message}` }
}

function hint(given: string, known: string[]): string {
  const near = known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near !== undefined && near.distance <= Math.max(1, given.length / 3) ? ` (did you mean ${near.name}?)` : ''
}

/** The edit distance of two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const show = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value))
