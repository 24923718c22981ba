import { createServer } from 'node:net'

/** Stands for clamd, whose signatures would need more memory than the rest of the cluster: it reads a message by INSTREAM (clamd(8)),
 * in chunks with their length before them up to an empty one, and finds nothing in it. Real scanners are tried by `make scanning`. */
const COMMAND = Buffer.from('zINSTREAM\0')

createServer((socket) => {
  let unread = Buffer.alloc(0)
  let begun = false
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    if (!begun && unread.length >= COMMAND.length) {
      begun = true
      unread = unread.subarray(COMMAND.length)
    }
    while (begun && unread.length >= 4) {
      const length = unread.readUInt32BE(0)
      if (unread.length < 4 + length) return
      unread = unread.subarray(4 + length)
      if (length === 0) socket.end('stream: OK\0')
    }
  })
  socket.on('error', () => socket.destroy())
}).listen(3310, '0.0.0.0')
