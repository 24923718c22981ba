import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from './eventually.ts'

/** Resolves when the object of this reference has been collected: nothing in the process holds it any more. */
export async function collected(of: WeakRef<object>): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await eventually(() => {
    collect()
    if (of.deref() !== undefined) throw new Error('it is still held')
  })
}
