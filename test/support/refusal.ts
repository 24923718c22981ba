import { RefusalError } from '@postrider/smtp/refusal'

/** Code and status of the refusal that is thrown, `ok` without one. Other errors are passed on. */
export function refused(run: () => unknown): string {
  try {
    run()
    return 'ok'
  } catch (error) {
    if (error instanceof RefusalError) return `${error.responseCode} ${error.status}`
    throw error
  }
}
