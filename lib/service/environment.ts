import { readFileSync } from 'node:fs'

/** A service was started with a setting that is missing or wrong. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting'
  readonly setting: string
  constructor(setting: string, problem: string) {
    super(`${setting} ${problem}`)
    this.setting = setting
  }
}

/** Reads a service's settings from its environment; only main.ts does that. Throws BadSetting. */
export function readEnvironment(env: NodeJS.ProcessEnv) {
  const text = (name: string, fallback?: string): string => {
    const value = env[name] ?? fallback
    if (value === undefined || value === '') throw new BadSetting(name, 'is not set')
    return value
  }
  return {
    text,
    optional: (name: string): string | undefined => (env[name] === '' ? undefined : env[name]),
    whole(name: string, fallback: number, [least, most]: [number, number]): number {
      const value = Number(text(name, String(fallback)))
      if (!Number.isInteger(value) || value < least || value > most) {
        throw new BadSetting(name, `is ${env[name] ?? ''}, but must be a whole number from ${least} to ${most}`)
      }
      return value
    },
    /** The content of the file that `NAME_FILE` names, else `NAME` itself: secrets come as files where they can. */
    secret(name: string): string {
      const file = env[`${name}_FILE`]
      return file === undefined ? text(name) : readFileSync(file, 'utf8').trim()
    },
    /** Without a fallback it must be set. */
    json(name: string, fallback?: unknown): unknown {
      if (fallback !== undefined && (env[name] ?? '') === '') return fallback
      try {
        return JSON.parse(text(name)) as unknown
      } catch {
        throw new BadSetting(name, 'is not JSON')
      }
    },
  }
}
export type Environment = ReturnType<typeof readEnvironment>
