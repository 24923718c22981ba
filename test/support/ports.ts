import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'

/** Ports for programs that a test starts. They are given out from blocks below the system's ephemeral range, so that no connection
 * that some other program opens can take one between its choice and its use; and a block belongs to one test process,
 * which holds the block's first port open for as long as it lives. */
const BLOCK = 100
const LOWEST = 10_000

interface Block {
  /** Held: keeps the block. */
  holder: Server
  next: number
  end: number
}

let block: Promise<Block> | undefined

/** A TCP port on loopback that nobody listens on now, and that no other test process is given. */
export async function freePort(): Promise<number> {
  return portsInARow(1)
}

/** The first of `count` such ports in a row; count below 100. */
export async function portsInARow(count: number): Promise<number> {
  for (;;) {
    block ??= takeBlock()
    const mine = await block
    const first = mine.next
    mine.next += count
    if (mine.next > mine.end) {
      // The old one stays held: its ports are in use.
      block = undefined
      continue
    }
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
}

async function takeBlock(): Promise<Block> {
  const [lowestEphemeral = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split(/\s+/)
    .map(Number)
  const highest = lowestEphemeral - LOWEST >= 10 * BLOCK ? lowestEphemeral : 32_768
  const blocks = Math.floor((highest - LOWEST) / BLOCK)
  for (;;) {
    const first = LOWEST + Math.floor(Math.random() * blocks) * BLOCK
    const holder = await listen(first)
    if (holder === undefined) continue
    holder.unref()
    return { holder, next: first + 1, end: first + BLOCK }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port)
  if (server === undefined) return false
  await new Promise((resolve) => server.close(resolve))
  return true
}

function listen(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
