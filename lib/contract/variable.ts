import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { BadSettingError } from './bad-setting.ts'
import type { Codec } from './codecs.ts'
import { text } from './codecs.ts'
import type { Contract, Environment } from './contract.ts'

/** The contract of one variable. An empty variable counts as not set. */
export interface Variable<Value, Given = Value> extends Contract<Value, Given> {
  readonly name: string
  textOf(value: Value): string
}

/** A variable that must be set. */
export function variable<Value>(name: string, codec: Codec<Value>): Variable<Value> {
  const textOf = (value: Value): string => valueOf(name, z.safeEncode(codec, value))
  return {
    name,
    names: [name],
    textOf,
    read: (environment) => valueOf(name, z.safeDecode(codec, required(name, environment[name]))),
    write: (value) => ({ [name]: required(name, textOf(value)) }),
  }
}

/** Makes a variable optional; undefined if it is not set. */
export const optional = <Value>(one: Variable<Value>): Variable<Value | undefined> => ({
  ...one,
  read: (environment) => (isSet(one, environment) ? one.read(environment) : undefined),
  textOf: (value) => (value === undefined ? '' : one.textOf(value)),
  write: (value) => (value === undefined || one.textOf(value) === '' ? {} : one.write(value)),
})

/** Gives a variable a default, which the reader uses if it is not set; the writer may omit it. */
export const withDefault = <Value>(one: Variable<Value>, value: Value): Variable<Value, Value | undefined> => ({
  ...optional(one),
  read: (environment) => (isSet(one, environment) ? one.read(environment) : value),
})

/** A secret: the content of the file that the variable `NAME_FILE` names, otherwise the variable `NAME`. A provider that injects it, as
 * from a Kubernetes Secret, sets `name` directly and omits it when writing. */
export function secret(name: string): Variable<string, string | undefined> {
  const plain = variable(name, text)
  const file = optional(variable(`${name}_FILE`, text))
  return {
    ...optional(plain),
    names: [name, file.name],
    read: (environment) => {
      const path = file.read(environment)
      return path === undefined ? plain.read(environment) : contentOf(file.name, path)
    },
  }
}

const isSet = ({ name }: { name: string }, environment: Environment): boolean => (environment[name] ?? '') !== ''

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new BadSettingError(name, 'is not set')
  return value
}

function valueOf<Value>(name: string, result: z.ZodSafeParseResult<Value>): Value {
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue?.code === 'custom') throw new BadSettingError(name, issue.message)
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new BadSettingError(name, `is malformed${where}: ${issue?.message ?? 'no reason'}`)
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new BadSettingError(name, `is ${path}, which cannot be read`, { cause })
  }
}
