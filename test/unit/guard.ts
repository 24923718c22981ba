import childProcess, { ChildProcess } from 'node:child_process'
import { Socket as UdpSocket } from 'node:dgram'
import { syncBuiltinESMExports } from 'node:module'
import { Server, Socket } from 'node:net'

/** Loaded before each unit test file: whatever would take a test outside its process throws. */
const forbid = (owner: object, method: string, what: string): void => {
  Object.defineProperty(owner, method, {
    value: () => {
      throw new Error(`a unit test must not ${what}: add its file to OUTSIDE in test/unit/files.ts`)
    },
  })
}

forbid(Server.prototype, 'listen', 'listen on a socket')
forbid(Socket.prototype, 'connect', 'connect a socket')
forbid(UdpSocket.prototype, 'bind', 'open a UDP socket')
forbid(UdpSocket.prototype, 'send', 'send a datagram')
forbid(ChildProcess.prototype, 'spawn', 'start a process')
for (const name of ['spawnSync', 'execSync', 'execFileSync']) forbid(childProcess, name, 'start a process')
syncBuiltinESMExports()
