import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import type { SMTPServerOptions } from 'smtp-server'
import { eventually } from '../../../test/support/eventually.ts'
import { LibraryConnection, LibraryParser, LibraryServer } from './smtp-server-adapter.ts'
import type { SocketOptions } from './smtp-server-adapter.ts'

/** These tests cover members of smtp-server that are not part of its public interface. They fail when an upgrade changes what these do. */

class ProbeParser extends LibraryParser {
  readonly packets: string[] = []
  protected override readPacket(packet: Buffer, next: (error?: Error | null) => void): void {
    this.packets.push(packet.toString())
    super.readPacket(packet, next)
  }
}

class Probe extends LibraryConnection {
  /** The calls, in order. */
  readonly calls: string[] = []
  override init(): void {
    this.listenTo(() => this.connectionReady())
  }
  protected override createParser(maxCommandLength: number | undefined): ProbeParser {
    return new ProbeParser({ maxCommandLength })
  }
  protected override onLine(line: Buffer, done?: () => void): void {
    this.calls.push(`line ${line.toString()}`)
    super.onLine(line, done)
  }
  // The library resets the session once before the fields of a subclass exist.
  protected override onReset(): void {
    ;(this.calls as string[] | undefined)?.push('reset')
    super.onReset()
  }
  protected override onClosed(): void {
    this.calls.push('closed')
    super.onClosed()
  }
  protected override commandEhlo(line: Buffer, done: () => void): void {
    this.calls.push('EHLO')
    super.commandEhlo(line, done)
  }
  protected override commandHelo(line: Buffer, done: () => void): void {
    this.calls.push('HELO')
    super.commandHelo(line, done)
  }
  protected override commandAuth(_line: Buffer, done: () => void): void {
    this.calls.push('AUTH')
    this.awaitLine((answer, ended) => {
      this.send(235, `got ${answer.toString()}`)
      ended()
    })
    this.send(334)
    done()
  }
  protected override commandMail(line: Buffer, done: () => void): void {
    this.calls.push('MAIL')
    super.commandMail(line, done)
  }
  protected override commandRcpt(line: Buffer, done: () => void): void {
    this.calls.push('RCPT')
    super.commandRcpt(line, done)
  }
  protected override commandData(line: Buffer, done: () => void): void {
    this.calls.push('DATA')
    super.commandData(line, done)
  }
  get transmissionType(): string {
    return this.transmission
  }
  endTransaction(): void {
    this.transactionEnded()
  }
}

class ProbeServer extends LibraryServer {
  probe: Probe | undefined
  refuse = false
  readonly arrivals: Socket[] = []
  override newConnection(socket: Socket, options: SocketOptions): Probe {
    return (this.probe = new Probe(this, socket, options))
  }
  protected override readsBeforeSession(): boolean {
    return true
  }
  protected override beforeSession(socket: Socket, done: (error: Error | null, options?: SocketOptions) => void): void {
    this.arrivals.push(socket)
    if (this.refuse) done(new Error('rejected'))
    else done(null, { id: 'ours', remoteAddress: '192.0.2.1', remotePort: 1 })
  }
  handshake(socket: Socket): Socket | undefined {
    return this.handshakeOn(socket)
  }
}

const open: { server: ProbeServer; sockets: Socket[] }[] = []
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(resolve))
  }
})

async function dial(options: SMTPServerOptions = {}, change?: (server: ProbeServer) => void) {
  const server = new ProbeServer({ authOptional: true, disableReverseLookup: true, logger: false, ...options })
  server.on('error', () => undefined)
  change?.(server)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  open.push({ server, sockets: [socket] })
  let seen = ''
  socket.on('data', (octets) => (seen += octets.toString()))
  /** Sends a line and resolves with the next reply. */
  async function say(line: string): Promise<string> {
    const from = seen.length
    if (line !== '') socket.write(`${line}\r\n`)
    await eventually(() => assert.match(seen.slice(from), /^\d{3}(?: .*)?\r\n$/m))
    return seen.slice(from)
  }
  const probe = (): Probe => {
    assert.ok(server.probe !== undefined)
    return server.probe
  }
  return { server, socket, say, probe }
}

describe('the server', () => {
  test('calls beforeSession first, and gives the session the id and address from there', async () => {
    const { server, say, probe } = await dial()
    await say('')
    assert.equal(server.arrivals.length, 1)
    assert.equal(probe().session.id, 'ours')
    assert.equal(probe().session.remoteAddress, '192.0.2.1')
  })

  test('sends nothing to a rejected connection, and creates no session', async () => {
    const { server, socket } = await dial({}, (made) => (made.refuse = true))
    await eventually(() => assert.equal(server.arrivals.length, 1))
    assert.equal(server.probe, undefined)
    assert.equal(socket.bytesRead, 0)
    server.arrivals[0]?.destroy()
  })

  test('finds the socket that is in a TLS handshake', async () => {
    const { server } = await dial({ secure: true })
    await eventually(() => {
      const [arrival] = server.arrivals
      assert.ok(arrival !== undefined && server.handshake(arrival) !== undefined)
    })
  })
})

describe('a session', () => {
  test('passes each command to the method of its name', async () => {
    const { say, probe } = await dial({ authMethods: ['PLAIN'], allowInsecureAuth: true })
    await say('')
    await say('HELO client.test')
    await say('EHLO client.test')
    assert.match(await say('AUTH TEST'), /^334/)
    assert.equal(probe().awaitsLine, true)
    assert.match(await say('an answer'), /^235 .*got an answer/)
    assert.equal(probe().awaitsLine, false)
    assert.match(await say('MAIL FROM:<a@sender.test>'), /^250/)
    assert.match(await say('RCPT TO:<b@remote.test>'), /^250/)
    assert.match(await say('BDAT 0'), /^502/)
    assert.match(await say('DATA'), /^354/)
    const named = probe().calls.filter((call) => /^[A-Z]+$/.test(call))
    assert.deepEqual(named, ['HELO', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA'])
    assert.ok(probe().calls.includes('line HELO client.test'))
    assert.equal(probe().transmissionType, 'ESMTP')
  })

  test('reports when it is answering a command and when it is reading content', async () => {
    const waiting: (() => void)[] = []
    const { say, socket, probe } = await dial({
      onMailFrom: (_address, _session, callback) => void waiting.push(() => callback()),
      onData(stream, _session, callback) {
        stream.resume()
        stream.on('end', () => waiting.push(() => callback(null, 'done')))
      },
    })
    await say('')
    await say('EHLO client.test')
    assert.deepEqual([probe().answering, probe().takingContent, probe().parser?.inContent], [false, false, false])
    const mail = say('MAIL FROM:<a@sender.test>')
    await eventually(() => assert.equal(waiting.length, 1))
    assert.equal(probe().answering, true)
    waiting.shift()?.()
    await mail
    assert.equal(probe().answering, false)
    await say('RCPT TO:<b@remote.test>')
    await say('DATA')
    assert.deepEqual([probe().takingContent, probe().parser?.inContent], [true, true])
    socket.write('hello\r\n')
    const ended = say('.')
    await eventually(() => assert.equal(waiting.length, 1))
    assert.deepEqual([probe().takingContent, probe().parser?.inContent], [true, false])
    waiting.shift()?.()
    assert.match(await ended, /^250/)
    assert.equal(probe().takingContent, false)
  })

  test('has a new envelope after RSET, EHLO and a message', async () => {
    const { say, probe } = await dial()
    await say('')
    await say('EHLO client.test')
    const envelopes = [probe().session.envelope]
    await say('RSET')
    envelopes.push(probe().session.envelope)
    await say('EHLO client.test')
    envelopes.push(probe().session.envelope)
    const { transaction } = probe().session
    probe().endTransaction()
    envelopes.push(probe().session.envelope)
    assert.equal(new Set(envelopes).size, 4)
    assert.equal(probe().session.transaction, transaction + 1)
  })

  test('is notified once when it closes', async () => {
    const { say, socket, probe } = await dial()
    await say('')
    socket.destroy()
    await eventually(() => assert.ok(probe().calls.includes('closed')))
    assert.equal(probe().calls.filter((call) => call === 'closed').length, 1)
  })

  test('reports that it is closing', async () => {
    const { say, probe } = await dial()
    await say('')
    probe().close()
    assert.equal(probe().closing, true)
  })

  test('reports that a TLS handshake is in progress', async () => {
    const { say, probe } = await dial()
    await say('')
    await say('EHLO client.test')
    assert.equal(probe().upgrading, false)
    await say('STARTTLS')
    assert.equal(probe().upgrading, true)
  })
})

describe('the parser', () => {
  test('gets each packet first, and the library reads what it passes on', async () => {
    const { say, probe } = await dial()
    await say('')
    await say('NOOP')
    const { parser } = probe()
    assert.ok(parser instanceof ProbeParser)
    assert.deepEqual(parser.packets, ['NOOP\r\n'])
  })

  test('reads nothing more after it was stopped', async () => {
    const { say, socket, probe } = await dial()
    await say('')
    const { parser } = probe()
    assert.ok(parser instanceof ProbeParser)
    parser.stopReading()
    socket.write('NOOP\r\n')
    await eventually(() => assert.deepEqual(parser.packets, ['NOOP\r\n']))
    assert.ok(!probe().calls.includes('line NOOP'))
  })
})
