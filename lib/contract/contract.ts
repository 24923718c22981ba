/** Settings of a process and the environment that carries them: whoever starts the process writes it, and the process reads it.
 *
 * `Given` is what the writer has to give. It differs from what is read where a reader has a default, and where a secret reaches the process
 * by another way. */
export interface Contract<Settings, Given = Settings> {
  /** Throws BadSettingError. */
  read(environment: Environment): Settings
  /** Throws BadSettingError for settings that could not be read again. */
  write(given: Given): Record<string, string>
  /** Names of all variables. */
  readonly names: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What a contract reads. */
export type SettingsOf<C extends AnyContract> = ReturnType<C['read']>
/** What is given to a contract to be written. */
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

/** One contract of several, a field each. Fields without a value are absent from what is read. */
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
