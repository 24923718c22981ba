import { RecentKeys } from './recent-keys.ts'

/** What this worker gave back unattempted, of one stream. A job that comes to the same worker in its very next delivery was in nobody else's
 * hand meanwhile, so its attempt need not be looked up. At least the last `size` jobs, at most twice that. */
export class GivenBack {
  readonly #deliveries: RecentKeys

  constructor(size?: number) {
    this.#deliveries = new RecentKeys(size)
  }

  /** `delivery`: how often the broker had given out the record of this sequence number. */
  add(seq: number, delivery: number): void {
    this.#deliveries.add(`${seq}/${delivery}`)
  }

  /** Whether the delivery before this one was given back here. Forgets it. */
  isNext(seq: number, delivery: number): boolean {
    return this.#deliveries.delete(`${seq}/${delivery - 1}`)
  }

  /** A broker that was away may restart its count of deliveries. */
  clear(): void {
    this.#deliveries.clear()
  }
}
