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
  /** Namespace of the operator and the platform. */
  namespace: string
  surroundings: Surroundings
  /** Owner of what is deleted with the release, not the MailPlatform; undefined outside a release. */
  release: KubeObject | undefined
  /** Keeps the secrets from which others are derived. */
  keeper: Keeper
  /** Why objects are not applied, as of the last configuration; undefined before the first, when none may be reported as applied. */
  findings: () => Findings | undefined
}
