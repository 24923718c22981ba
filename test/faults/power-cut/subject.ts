/** What runs in the guest and is to keep what it acknowledges. */
export interface Subject {
  name: 'broker' | 'postrider'
  /** Ports in the guest that the host talks to. */
  guestPorts: number[]
  /** Files for the guest, by path. */
  files: Record<string, string>
  /** Resolves when load can be sent. `ports` are the host's, in the order of `guestPorts`. */
  ready(ports: number[]): Promise<void>
  /** Sends load until it fails or is asked to stop; each acknowledged message is reported as soon as its acknowledgement is here. */
  load(ports: number[], acknowledged: (id: string) => void, stop: AbortSignal): Promise<void>
  /** The ids that are there after the next start. May wait until as many as wanted have come. */
  kept(ports: number[], wanted: Set<string>): Promise<Set<string>>
  close(): Promise<void>
}
