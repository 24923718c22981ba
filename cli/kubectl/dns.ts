import { refOf } from '@postrider/kubernetes/object/kinds'
import { describeRef } from '@postrider/kubernetes/object/object'
import type { ComparedRecord } from '@postrider/operator/dns/compare'
import { UsageError } from '@postrider/standalone/usage-error'
import type { Answer, Options } from './arguments.ts'
import type { Caller } from './cluster.ts'
import { findDomain } from './find.ts'
import { nameOf, namespaceOf } from './objects.ts'
import type { DomainObject } from './objects.ts'
import { problemsOf } from './problems.ts'
import { zoneLines } from './zone.ts'

/** `kubectl postrider dns DOMAIN`: the records, expected and found. */
export async function dns(caller: Caller, options: Options): Promise<Answer> {
  const [, asked, ...more] = options.words
  if (asked === undefined || more.length > 0)
    throw new UsageError('give the name of a Domain or its domain name: kubectl postrider dns example.org')
  const where = options.everywhere ? undefined : (options.namespace ?? caller.namespace)
  const domain = await findDomain(caller, asked, where)
  const records = domain.status?.dnsRecords ?? []
  const domainName = domain.spec?.domainName ?? ''
  if (options.json) {
    const found = { namespace: namespaceOf(domain), name: nameOf(domain), domainName, records }
    return { lines: [JSON.stringify(found, null, 2)], code: 0 }
  }
  if (records.length === 0) return { lines: whyNone(domain), code: 1 }
  if (options.zone) return { lines: zoneLines(domainName, records), code: 0 }
  const open = records.filter(({ state, required }) => required && state !== 'Found').length
  const last =
    open === 0
      ? 'all required records are published'
      : `${open} of ${records.length} records are not published; --zone prints them for a zone file. The operator checks again by itself`
  const head = `${describeRef(refOf(domain))}  ${domainName}`
  return { lines: [head, '', ...records.flatMap((record) => linesOf(record, domain)), '', last], code: 0 }
}

const WIDTH = 11

function linesOf(record: ComparedRecord, { status }: DomainObject): string[] {
  const { purpose, type, name, value, state, seen, required } = record
  const key = status?.dkimKeys?.find(({ selector }) => purpose === 'DKIM' && name.startsWith(`${selector}._domainkey.`))
  const remarks = [...(key === undefined ? [] : [`key ${key.state}`]), ...(required ? [] : ['not required'])]
  const remark = remarks.length === 0 ? '' : `, ${remarks.join(', ')}`
  return [
    `${state.padEnd(WIDTH)}${type} ${name}  (${purpose}${remark})`,
    `${'  wanted'.padEnd(WIDTH)}${value}`,
    ...(seen === undefined ? [] : [`${'  seen'.padEnd(WIDTH)}${seen}`]),
  ]
}

/** A Domain that is not served has no records. */
function whyNone(domain: DomainObject): string[] {
  const found = problemsOf(
    {
      domains: [domain],
      credentials: [],
      senders: [],
      rules: [],
      platforms: undefined,
      everywhere: false,
      operators: [],
    },
    new Date(),
  )
  return [
    `${describeRef(refOf(domain))} has no records yet`,
    ...found.flatMap(({ type, reason, message, remedy }) => [`${type} ${reason}: ${message}`, `  -> ${remedy}`]),
  ]
}
