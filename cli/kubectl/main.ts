#!/usr/bin/env node
import { exit } from '../exit.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { readArguments, USAGE } from './arguments.ts'
import type { Answer, Options } from './arguments.ts'
import { closest } from './closest.ts'
import { openCaller } from './cluster.ts'
import type { Caller } from './cluster.ts'
import { credentials } from './credentials.ts'
import { dns } from './dns.ts'
import { exitCodeOf, explain } from './explain.ts'
import { queue } from './queue.ts'
import { setState } from './state.ts'
import { status } from './status.ts'

type Command = (caller: Caller, options: Options) => Promise<Answer>

const COMMANDS: Record<string, Command> = {
  status,
  dns,
  credentials,
  queue,
  suspend: (caller, options) => setState(caller, 'Suspended', options),
  resume: (caller, options) => setState(caller, 'Active', options),
}

/** Runs one command; resolves with the process's exit code. */
async function main(args: string[]): Promise<number> {
  const options = readArguments(args)
  const [name = ''] = options.words
  if (options.help || name === 'help') {
    console.log(USAGE)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined)
    throw new UsageError(name === '' ? USAGE : `unknown command ${name}${closest(name, Object.keys(COMMANDS))}`)
  const caller = await openCaller(options)
  try {
    const { lines, code } = await command(caller, options)
    for (const line of lines) console.log(printable(line))
    return code
  } finally {
    caller.close()
  }
}

/** Output contains text from tenants and foreign DNS, which must not control the terminal. */
const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '?')

main(process.argv.slice(2)).then(exit, (error: unknown) => {
  const text = explain(error)
  console.error(printable(text.startsWith(USAGE) ? text : `kubectl postrider: ${text}`))
  exit(exitCodeOf(error))
})
