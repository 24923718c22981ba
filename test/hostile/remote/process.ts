import process from 'node:process'
import { serve } from '../../support/receiver/server.ts'
import type { Server, ServerWatcher } from '../../support/receiver/server.ts'
import { now } from '../clock.ts'
import type { Order, Report } from './record.ts'

/** Octets that are kept of a message; all of a notice is. */
const MAX_CONTENT = 1024 * 1024
const OFFERS = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES']

/** The remotes' own process: many addresses, one script each. What they saw goes to the parent, which measures undisturbed. */
let certificate: { cert: string; key: string }
const servers = new Map<string, Server>()
const empty = (): Report => ({ connected: [], ended: [], transactions: [] })
let report = empty()

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString()

const watcherOf = (host: string): ServerWatcher => ({
  connected(socket) {
    report.connected.push(host)
    const since = performance.now()
    socket.on('close', () =>
      report.ended.push({ host, written: socket.bytesWritten, seconds: (performance.now() - since) / 1000 }),
    )
  },
  transaction({ content, named, to, taken, ...seen }) {
    const subject = /^Subject: (.*)$/im.exec(content)?.[1]?.trim() ?? ''
    const notice = seen.from === '' && taken ? { notice: content } : {}
    const recipients = { named: named.map(utf8), accepted: to.map(utf8) }
    report.transactions.push({ ...seen, ...recipients, host, taken, subject, ...notice })
  },
})

async function obey(order: Order): Promise<void> {
  if ('certificate' in order) certificate = order.certificate
  else if ('rewrite' in order) servers.get(order.rewrite.host)?.rewrite(order.rewrite.script)
  else {
    const { host, port, script } = order.listen
    const options = { host, port, script, certificate, offers: OFFERS, maxContent: MAX_CONTENT, now }
    servers.set(host, await serve(options, watcherOf(host)))
    process.send?.({ listening: host })
  }
}

process.on('message', (order: Order) => void obey(order))
setInterval(() => {
  if (report.connected.length + report.ended.length + report.transactions.length === 0) return
  process.send?.({ report })
  report = empty()
}, 20)
process.once('disconnect', () => process.exit())
