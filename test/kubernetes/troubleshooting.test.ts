import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { acceptance, ACCEPTED_KINDS } from '@postrider/operator/controllers/acceptance/acceptance-conditions'
import { domainFindings } from '@postrider/operator/controllers/domain/domain-conditions'
import type { DomainEvidence } from '@postrider/operator/controllers/domain/domain-conditions'
import ts from 'typescript'
import { BY_REASON, REMEDIES, remedyFor } from '../../cli/kubectl/remedies.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = join(ROOT, 'docs', 'kubernetes', 'troubleshooting.md')

/** Found by kubectl postrider status alone; there a type's heading has its kind before it. */
const BEYOND = 'Problems that no condition reports'

/** `## Kind`, `### Type`, `#### Reason`. */
interface Section {
  kind: string
  type: string
  reason: string
  text: string
  beyond: boolean
}

const parts = (text: string, heading: string): string[] => text.split(new RegExp(`^${heading}`, 'm')).slice(1)
const firstLine = (text: string): string => text.slice(0, text.indexOf('\n'))

const page = readFileSync(PAGE, 'utf8')
const chapters = parts(page, '## ')
const chapter = (title: string): string => chapters.find((text) => text.startsWith(`${title}\n`)) ?? ''
const types = chapters.flatMap((text) => {
  const title = firstLine(text)
  return parts(text, '### ').map((part) => {
    const words = firstLine(part).split(' ')
    return {
      kind: words.length === 2 ? (words[0] ?? '') : title,
      type: words.at(-1) ?? '',
      part,
      beyond: title === BEYOND,
    }
  })
})
const sections: Section[] = types.flatMap(({ part, ...where }) =>
  parts(part, '#### ').map((text) => ({ ...where, reason: firstLine(text), text })),
)
const keyOf = ({ kind, type, reason }: Omit<Section, 'text' | 'beyond'>): string => `${kind} ${type} ${reason}`
/** `Reason if healthy:` names the reasons of a condition that is as it should be. */
const well = types.flatMap(({ kind, type, part }) =>
  (/^Reason if healthy: (.*)$/m.exec(part)?.[1]?.match(/\w+/g) ?? []).map((reason) => ({ kind, type, reason })),
)
const sorted = (all: Iterable<string>): string[] => [...new Set(all)].sort()

/** What the code says a condition's type or reason, or an Event's reason, is: strings where such a one is wanted. */
interface Spoken {
  reasons: Set<string>
  types: Set<string>
  events: Set<string>
}

function spokenBy(pattern: string): Spoken {
  const spoken: Spoken = { reasons: new Set(), types: new Set(), events: new Set() }
  for (const name of globSync(pattern, { cwd: ROOT })) {
    if (name.endsWith('.test.ts')) continue
    const file = ts.createSourceFile(name, readFileSync(join(ROOT, name), 'utf8'), ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node)) readProperty(node, spoken)
      if (ts.isPropertySignature(node) && node.name.getText() === 'reason' && node.type !== undefined)
        add(spoken.reasons, node.type)
      if (ts.isCallExpression(node)) readCall(node, spoken)
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return spoken
}

function readProperty(node: ts.PropertyAssignment, { reasons, types, events }: Spoken): void {
  if (node.name.getText() === 'event') add(events, node.initializer)
  if (node.name.getText() === 'reason') add(reasons, node.initializer)
  const siblings = node.parent.properties.map((one) => one.name?.getText())
  if (node.name.getText() === 'type' && siblings.includes('reason')) add(types, node.initializer)
}

/** `finding(type, ok, good, bad, message)`, `finding(ok, reason, message)`, `of(type, ...)`, `judged(type, ...)`, `record(object, 'Warning', reason, note)`. */
function readCall(node: ts.CallExpression, { reasons, types, events }: Spoken): void {
  const called = node.expression.getText()
  const [first, second, third, fourth] = node.arguments
  if (called.endsWith('recorder.record') && third !== undefined) add(events, third)
  if (['of', 'judged'].includes(called) && first !== undefined) add(types, first)
  if (called !== 'finding') return
  const short = node.arguments.length === 3
  if (!short && first !== undefined) add(types, first)
  for (const reason of short ? [second] : [third, fourth]) if (reason !== undefined) add(reasons, reason)
}

/** The CamelCase strings of an expression or type, not those of its conditions; of a constant its value. */
function add(into: Set<string>, node: ts.Node): void {
  if (ts.isStringLiteral(node)) {
    if (/^[A-Z][A-Za-z]+$/.test(node.text)) into.add(node.text)
  } else if (ts.isConditionalExpression(node)) {
    add(into, node.whenTrue)
    add(into, node.whenFalse)
  } else if (ts.isIdentifier(node)) {
    const value = new RegExp(`^(?:export )?const ${node.text} = '(\\w+)'`, 'm').exec(node.getSourceFile().text)?.[1]
    if (value !== undefined) into.add(value)
  } else if (!ts.isCallExpression(node) && !ts.isTemplateExpression(node))
    ts.forEachChild(node, (part) => add(into, part))
}

const operator = spokenBy(
  '{operator/{controllers/*,controllers,tenancy,dns,credentials,dkim},lib/sender-verification}/*.ts',
)
/** podsReady makes them of the component's name. */
const POD_TYPES = ['IngressReady', 'DeliveryReady', 'NotifierReady', 'ApiReady']
test('the page has each reason that the operator can set, and no other', () => {
  // The search finds what it looks for in each of its ways.
  for (const known of [
    'Unreachable',
    'Expired',
    'OlderPlatformExists',
    'DomainNotReady',
    'NameTaken',
    'RecordDifferent',
    'Shadowed',
  ])
    assert.ok(operator.reasons.has(known), known)
  const told = [...sections.filter(({ beyond }) => !beyond), ...well].map(({ reason }) => reason)
  assert.deepEqual(sorted(told), sorted(operator.reasons))
})

test('the page has each type of condition, and no other', () => {
  const told = types.filter(({ beyond }) => !beyond).map(({ type }) => type)
  assert.deepEqual(sorted(told), sorted([...operator.types, ...POD_TYPES]))
})

test('of Domains, limits, pools and policies it has exactly the pairs of type and reason that can be', () => {
  const told = (kind: string): string[] =>
    [...sections.filter(({ beyond }) => !beyond), ...well].filter((one) => one.kind === kind).map(keyOf)
  // Ready repeats what holds it, which the page has once.
  const repeats = (one: string): boolean => / Ready /.test(one) && !/ (Ready|Suspended)$/.test(one)
  assert.deepEqual(sorted(told('Domain')), sorted(possibleInDomains().filter((one) => !repeats(one))))
  for (const kind of ACCEPTED_KINDS) {
    const own = kind === 'DestinationPolicy' ? (['Overlapping', 'Shadowed'] as const) : []
    const reasons = [undefined, 'Invalid', 'NamespaceNotAllowed', ...own] as const
    const possible = reasons.map((reason) => {
      const { type, reason: found } = acceptance(kind, reason === undefined ? [] : [{ reason, message: '' }])
      return `${kind} ${type} ${found}`
    })
    assert.deepEqual(sorted(told(kind)), sorted(possible))
  }
})

test('the page and kubectl postrider status say the same about what to do', () => {
  for (const { kind, type, reason, text } of sections) {
    const remedy = remedyFor({ kind, type, reason, namespace: 'NAMESPACE', name: 'NAME' })
    const quoted = text
      .split('\n')
      .filter((line) => line.startsWith('> '))
      .map((line) => line.slice(2))
    assert.ok(
      quoted.includes(remedy),
      `${kind} ${type} ${reason} must quote\n> ${remedy}\nand has\n> ${quoted.join('\n> ')}`,
    )
    assert.doesNotMatch(remedy, /^see kubectl describe/, `${kind} ${type} ${reason} has no remedy of its own`)
  }
  const known = sections.map(keyOf)
  for (const key of Object.keys(REMEDIES)) assert.ok(known.includes(key), `${key} is not on the page`)
  for (const reason of Object.keys(BY_REASON))
    assert.ok(
      sections.some((one) => one.reason === reason),
      `${reason} is not on the page`,
    )
})

test('what kubectl postrider status finds by itself is on the page', () => {
  const own = spokenBy('cli/kubectl/problems.ts').reasons
  const told = sections.filter(({ beyond }) => beyond).map(({ reason }) => reason)
  assert.deepEqual(sorted(told.filter((reason) => !own.has(reason))), [], 'status finds no such thing')
  const known = new Set(sections.map(({ reason }) => reason))
  assert.deepEqual(sorted([...own].filter((reason) => !known.has(reason))), [], 'not on the page')
})

test('the page has each Event that the operator writes, and no other', () => {
  const told = chapter('Events').match(/^\| `(\w+)`/gm) ?? []
  const ofKubernetes = spokenBy('lib/kubernetes/apply/drift-note.ts').events
  assert.ok(operator.events.has('PasswordRotated') && ofKubernetes.has('DriftCorrected'))
  assert.deepEqual(sorted(told.map((line) => line.slice(3, -1))), sorted([...operator.events, ...ofKubernetes]))
})

test('its links lead somewhere', () => {
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target)
  assert.notEqual(links.length, 0)
  for (const target of links) assert.ok(existsSync(join(dirname(PAGE), target)), target)
})

/** All that the conditions of a Domain come to, over every state of its records. */
function possibleInDomains(): string[] {
  const found: string[] = []
  const plain: DomainEvidence = {
    complaints: [],
    records: undefined,
    suspended: false,
    sending: 'AtOnce',
    before: [],
    now: new Date(),
  }
  const note = (evidence: Partial<DomainEvidence>): void => {
    for (const { type, reason } of domainFindings({ ...plain, ...evidence })) found.push(`Domain ${type} ${reason}`)
  }
  for (const reason of ['NamespaceNotAllowed', 'Invalid', 'NameTaken', 'SendersNotAllowed'] as const)
    note({ complaints: [{ reason, message: '' }] })
  for (const suspended of [true, false])
    for (const state of ['Found', 'Missing', 'Different', 'Unknown'] as const) {
      const records = (['Ownership', 'SPF', 'DKIM', 'DMARC'] as const).map((purpose) => ({
        ...{ purpose, type: 'TXT' as const, name: 'x', value: 'x', required: true, state },
      }))
      const verified = {
        type: 'OwnershipVerified',
        status: 'True' as const,
        reason: '',
        message: '',
        lastTransitionTime: '',
      }
      note({ records, suspended })
      note({ records, suspended, before: [verified] })
    }
  return found
}
