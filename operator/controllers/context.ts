import type { Logger } from '@postrider/service/log'
import type { Findings } from './configuration/gather.ts'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import type { Recorder } from '@postrider/kubernetes/status/events'
import type { StatusWriter } from '@postrider/kubernetes/status/status'
import type { Surroundings } from '../shapes/surroundings.ts'
import type { World } from './world.ts'
import type { Keeper } from './platform/keeper.ts'

/** What every controller has. */
export interface Context {
  cluster: Cluster
  recorder: Recorder
  status: StatusWriter
  world: World
  log: Logger
  /** Of the operator and the platform. */
  namespace: string
  surroundings: Surroundings
  /** What goes with the release, not with the MailPlatform; undefined outside a release. */
  release: KubeObject | undefined
  /** Secrets that everything else is derived from. */
  keeper: Keeper
  /** Why objects do not count, as of the last configuration; undefined before the first, when nobody may say that one counts. */
  findings: () => Findings | undefined
}
