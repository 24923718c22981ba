import { statfs } from 'node:fs/promises'
import type { Trouble } from '@postrider/service/trouble'

export interface Disk {
  /** False while less than the reserve is free. */
  readonly hasRoom: boolean
  close(): void
}

const LOOK_MS = 500

/** Looks twice a second how much of the queue's disk is free. New mail is refused while there is still room for what the mail
 * that is queued will write: outcomes, retry records, notices. Without a folder, as when the queue is on other
 * machines, there is always room. `reserve` in octets. */
export async function watchDisk(folder: string | undefined, reserve: number, trouble: Trouble): Promise<Disk> {
  let hasRoom = true
  if (folder === undefined) return { hasRoom, close: () => undefined }
  const look = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder)
    hasRoom = bavail * bsize >= reserve
  }
  await look()
  const timer = setInterval(() => {
    // What cannot be measured is left as it was: the write itself will show.
    look().then(
      () => trouble.over(),
      (error: unknown) => trouble.failed(error),
    )
  }, LOOK_MS)
  return {
    get hasRoom() {
      return hasRoom
    },
    close: () => clearInterval(timer),
  }
}
