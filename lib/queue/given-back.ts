import { RecentKeys } from './recent-keys.ts'

/** The jobs of one stream that this worker gave back unattempted. A job that returns to the same worker in its very next delivery cannot
 * have been with another worker in between, so its attempt need not be looked up. Remembers at least the last `size` jobs and at most
 * twice as many. */
export class GivenBack {
  readonly #deliveries: RecentKeys

  constructor(size?: number) {
    this.#deliveries = new RecentKeys(size)
  }

  /** Remembers a job by its sequence number. `delivery`: how often the broker had delivered the record at that time. */
  add(seq: number, delivery: number): void {
    this.#deliveries.add(`${seq}/${delivery}`)
  }

  /** Whether this worker gave back the previous delivery of the record. Forgets it. */
  isNext(seq: number, delivery: number): boolean {
    return this.#deliveries.delete(`${seq}/${delivery - 1}`)
  }

  /** Forgets everything: a broker that restarted may have reset its delivery counts. */
  clear(): void {
    this.#deliveries.clear()
  }
}
