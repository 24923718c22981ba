/**
 * The settings of a process and the environment variables for them: the provider that starts the process writes them, and the process reads
 * them.
 *
 * `Given` is what the writer passes. It differs from what is read if the reader has defaults, or if a secret reaches the process
 * separately.
 */
export interface Contract<Settings, Given = Settings> {
  /** Throws BadSettingError. */
  read(environment: Environment): Settings
  /** Throws BadSettingError for settings that could not be read again. */
  write(given: Given): Record<string, string>
  /** Names of all variables. */
  readonly names: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The settings that a contract reads. */
export type SettingsOf<C extends AnyContract> = ReturnType<C['read']>
/** The settings that are passed to a contract for writing. */
export type GivenTo<C extends AnyContract> = Parameters<C['write']>[0]

type AnyContract = Contract<unknown, never>
type Fields = Record<string, AnyContract>
type Read<F extends Fields> = OptionalWhereUndefined<{ [K in keyof F]: SettingsOf<F[K]> }>
type Given<F extends Fields> = OptionalWhereUndefined<{ [K in keyof F]: GivenTo<F[K]> }>

type OptionalWhereUndefined<T> = Flat<
  { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
    [K in keyof T as undefined extends T[K] ? K : never]?: T[K]
  }
>
type Flat<T> = { [K in keyof T]: T[K] }

/** Combines contracts into one, with a field for each. Fields without a value are absent from the result of reading. */
export function fields<F extends Fields>(parts: F): Contract<Read<F>, Given<F>> {
  const entries = Object.entries(parts)
  return {
    names: entries.flatMap(([, part]) => part.names),
    read: (environment) =>
      Object.fromEntries(
        entries.map(([field, part]) => [field, part.read(environment)]).filter(([, value]) => value !== undefined),
      ) as Read<F>,
    write: (given) => {
      const values: Record<string, unknown> = given
      return Object.assign({}, ...entries.map(([field, part]) => part.write(values[field] as never))) as Record<
        string,
        string
      >
    },
  }
}

/** A group of optional fields that is absent when none of them is set. */
export const group = <S extends object, G extends object>(
  contract: Contract<S, G>,
): Contract<S | undefined, G | undefined> => ({
  names: contract.names,
  read: (environment) => {
    const settings = contract.read(environment)
    return Object.keys(settings).length === 0 ? undefined : settings
  },
  write: (given) => (given === undefined ? {} : contract.write(given)),
})
