import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import process from 'node:process'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Order, Report, Transaction } from './record.ts'
import { ofConnection } from './script.ts'
import type { Script } from './script.ts'
import { Session } from './session.ts'

/** The remotes' own process: many addresses, one script each. What they saw goes to the parent, which measures undisturbed. */
let secureContext: SecureContext
const scripts = new Map<string, Script>()
const counts = new Map<string, number>()
const sockets = new Map<string, Set<Socket>>()
const empty = (): Report => ({ connected: [], ended: [], transactions: [] })
let report = empty()

function listen(host: string, port: number): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    const number = (counts.get(host) ?? 0) + 1
    counts.set(host, number)
    report.connected.push(host)
    const since = performance.now()
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    const open = sockets.get(host) ?? new Set()
    sockets.set(host, open.add(socket))
    socket.on('close', () => open.delete(socket))
    socket.on('close', () =>
      report.ended.push({ host, written: socket.bytesWritten, seconds: (performance.now() - since) / 1000 }),
    )
    const script = (): Script => ofConnection(scripts.get(host) ?? {}, number)
    const record = (transaction: Transaction): void => void report.transactions.push(transaction)
    void new Session(socket, { host, number, secureContext, script, record }).begin()
  }).listen(port, host, 1024)
}

process.on('message', (order: Order) => {
  if ('certificate' in order) secureContext = createSecureContext(order.certificate)
  else if ('rewrite' in order) {
    scripts.set(order.rewrite.host, order.rewrite.script as Script)
    for (const socket of sockets.get(order.rewrite.host) ?? []) socket.destroy()
  } else {
    const { host, port, script } = order.listen
    scripts.set(host, script as Script)
    const server = listen(host, port)
    server.once('listening', () => process.send?.({ listening: host }))
  }
})
setInterval(() => {
  if (report.connected.length + report.ended.length + report.transactions.length === 0) return
  process.send?.({ report })
  report = empty()
}, 20)
process.once('disconnect', () => process.exit())
