import { statfs } from 'node:fs/promises'
import type { Trouble } from '@postrider/service/trouble'

export interface Disk {
  /** False while less than the reserve is free. */
  readonly hasRoom: boolean
  close(): void
}

const CHECK_MS = 500

/** Checks the free space of the queue's disk twice a second. `reserve`, in octets, is kept free for what the queued mail will still write:
 * outcomes, retry records, notices. Without a folder, as when the queue is on other machines, `hasRoom` is always true. */
export async function watchDisk(folder: string | undefined, reserve: number, trouble: Trouble): Promise<Disk> {
  let hasRoom = true
  if (folder === undefined) return { hasRoom, close: () => undefined }
  const check = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder)
    hasRoom = bavail * bsize >= reserve
  }
  await check()
  const timer = setInterval(() => {
    // If the check fails, the last result stays in effect; a full disk then shows when the broker writes.
    check().then(
      () => trouble.over(),
      (error: unknown) => trouble.failed(error),
    )
  }, CHECK_MS)
  return {
    get hasRoom() {
      return hasRoom
    },
    close: () => clearInterval(timer),
  }
}
