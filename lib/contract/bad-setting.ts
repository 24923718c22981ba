/** A setting of a process is missing or malformed. The message names the variable of the environment, and never shows a secret. */
export class BadSettingError extends Error {
  override readonly name = 'BadSettingError'
  /** Name of the variable. */
  readonly setting: string
  constructor(setting: string, problem: string, options?: ErrorOptions) {
    super(`${setting} ${problem}`, options)
    this.setting = setting
  }
}
