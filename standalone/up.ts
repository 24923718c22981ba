import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { followFolder, planFolder } from './provider/provider.ts'
import { problemLine } from './provider/manifests.ts'
import { StateFolder } from './provider/state.ts'
import type { Plan } from '@postrider/plan/plan'
import { WATCH } from '@postrider/broker/accounts'
import { createKeyring } from '@postrider/runtime-config/keyring'
import { keepPlatformKey } from '@postrider/secrets/seal'
import { signPlatformMail } from '@postrider/runtime-config/signing'
import { publisher } from '@postrider/runtime-config/store'
import { accessFile } from './access-file.ts'
import { UsageError } from './usage-error.ts'
import { announcement } from './announce.ts'
import { awaitBroker, ensureStreamsSoon, setUpBroker } from './broker/broker.ts'
import { brokerPorts } from './broker/broker-config.ts'
import { watchBroker } from './broker/broker-watch.ts'
import { chooseCertificates } from './certificate.ts'
import { endLeftovers, lockState } from './lock.ts'
import { checkPorts } from './ports.ts'
import { processesOf } from './processes.ts'
import { sandboxFolder, sandboxProgram, servicePrograms } from './programs.ts'
import { awaitReady } from './ready.ts'
import { verifySenders } from './senders.ts'
import { stopOrder, supervise } from './supervise.ts'
import type { Program, Supervised } from './supervise.ts'

export interface UpOptions {
  folder: string
  state: string
  say: (line: string) => void
}

/** Runs the platform that a folder of manifests declares on this machine. Resolves when it is ready, with the function that stops it.
 * Rejects with UsageError, BadManifestsError, BadCertificateError or NoBrokerError. */
export async function up({ folder, state: stateGiven, say }: UpOptions): Promise<() => Promise<void>> {
  const startedAt = Date.now()
  const state = resolve(stateGiven)
  if (!existsSync(folder)) throw new UsageError(`there is no folder ${folder}`)
  await mkdir(join(state, 'run'), { recursive: true, mode: 0o700 })
  const unlock = await lockState(join(state, 'run', 'up.pid'))
  const leftovers = join(state, 'run', 'programs.json')
  await endLeftovers(leftovers)

  const platformKeyFile = join(state, 'platform.key')
  const platformKey = await keepPlatformKey(platformKeyFile)
  const keysOf = createKeyring(platformKey)
  const stateFolder = new StateFolder(state, platformKey)
  const { plan, fingerprint } = await planFolder(folder, stateFolder)
  const { certificates, caFile } = await chooseCertificates(plan, state)
  await checkPorts(portsOf(plan))

  let finalReplyMs = plan.config.platform.timeouts.finalMs
  const running: Supervised[] = []
  const marks: { pid: number; mark: string }[] = []
  const start = (program: Program): Supervised => {
    const supervised = supervise(program, {
      onStart: (_, pid) => {
        marks.push({ pid, mark: program.args.at(-1) ?? program.name })
        // Entries of ended programs are harmless: the mark shows whether a process id still belongs to the program.
        try {
          writeFileSync(`${leftovers}.new`, JSON.stringify(marks.slice(-100)))
          renameSync(`${leftovers}.new`, leftovers)
        } catch (error) {
          // Only means that the next start cannot end what a killed run left behind.
          say(`${leftovers} cannot be written: ${String(error)}`)
        }
      },
      onExit: (name, code, signal, ms) =>
        say(`${name} ended (${signal ?? `code ${code ?? '?'}`}); restarting in ${ms} ms, see ${program.logFile}`),
    })
    running.push(supervised)
    return supervised
  }
  const stop = async (): Promise<void> => {
    // The ingress stops before the services that deliver its mail, and the broker stops last.
    for (const kind of stopOrder(running)) await Promise.all(kind.map((supervised) => supervised.stop()))
    rmSync(leftovers, { force: true })
    unlock()
  }
  try {
    const { broker: brokerSettings } = plan.deployment
    const setup = await setUpBroker(state, brokerSettings, say)
    const brokerServers = setup.servers.map(({ url, program }) => ({ url, supervised: start(program) }))
    const broker = await awaitBroker(
      setup,
      brokerServers.map(({ supervised }) => supervised),
      say,
    )
    await ensureStreamsSoon(broker, { ...brokerSettings, replicas: setup.replicas })
    const write = publisher(broker)
    let published: Promise<unknown> = write(plan.config)
    /** Publishes plans one after the other, in the order of the calls. */
    const publish = (next: () => Promise<Plan>): Promise<{ next: Plan; changes: number }> => {
      const result = published.then(async () => {
        const planned = await next()
        return { next: planned, changes: await write(planned.config) }
      })
      published = result.catch(() => undefined)
      return result
    }
    await published
    await writeFile(accessFile(state), JSON.stringify(setup.access('cli')), { mode: 0o600 })
    const { sandbox } = plan.deployment
    if (sandbox !== undefined) start(sandboxProgram(state, sandbox.port, certificates.first))
    const services = servicePrograms({
      state,
      deployment: plan.deployment,
      access: setup.access,
      platformKeyFile,
      certificates,
      finalReplyMs: () => finalReplyMs,
    })
    await Promise.all(services.map((service) => awaitReady(start(service), service, plan.deployment.telemetry.address)))
    const watches = await Promise.all(
      brokerServers.map(({ url, supervised }) =>
        watchBroker({
          name: brokerServers.length === 1 ? 'the broker' : supervised.name,
          access: { ...setup.access(WATCH), servers: [url] },
          folder: state,
          restart: () => supervised.restart(),
          say,
        }),
      ),
    )
    const senders = verifySenders({
      state: stateFolder.senders,
      broker,
      platformKey,
      sign: (domains) => (content, from, now) => signPlatformMail(content, from, { domains, keysOf }, now),
      replan: async () => (await publish(async () => (await planFolder(folder, stateFolder)).plan)).next,
      say,
    })
    senders.follow(plan)
    const provider = followFolder(
      {
        folder,
        state: stateFolder,
        onPlan: async (next) => {
          const { changes } = await publish(() => Promise.resolve(next))
          finalReplyMs = next.config.platform.timeouts.finalMs
          sayChange(plan, next, changes, say)
          senders.follow(next)
        },
        onProblems: (problems) => {
          say('the change was not applied; the last valid configuration stays in force:')
          for (const problem of problems) say(`  ${problemLine(problem)}`)
        },
      },
      fingerprint,
    )
    const credential = firstCredential(plan, stateFolder)
    const facts = { plan, caFile, credential, state, readyMs: Date.now() - startedAt }
    for (const line of announcement({ ...facts, ...(sandbox === undefined ? {} : { sandbox: sandboxFolder(state) }) }))
      say(line)
    return async () => {
      provider.close()
      await senders.close()
      await Promise.all(watches.map((watch) => watch.close()))
      await broker.close()
      await stop()
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function portsOf({ deployment }: Plan) {
  const { ingress, broker, telemetry, sandbox, api } = deployment
  const { host, port: httpsPort, httpPort } = api.settings
  const telemetryPorts = processesOf(deployment).map(({ service, index, telemetryPort }) => ({
    host: telemetry.address,
    port: telemetryPort,
    purpose: `metrics of ${service} ${index}, spec.telemetry.basePort`,
  }))
  return [
    ...ingress.settings.listeners.map(({ host, port, kind }, index) => ({
      host,
      port,
      purpose: `${kind}, spec.ingress.listeners[${index}].port`,
    })),
    ...(api.replicas === 0
      ? []
      : [
          { host, port: httpsPort, purpose: 'https, spec.api.port' },
          { host, port: httpPort, purpose: 'http, spec.api.httpPort' },
        ]),
    ...(broker.outside === undefined ? brokerPorts(broker) : []).map((port, index) => ({
      host: '127.0.0.1',
      port,
      purpose: index === 0 ? 'the broker, spec.broker.port' : `port ${index + 1} of the broker, spec.broker.port`,
    })),
    ...telemetryPorts,
    ...(sandbox === undefined
      ? []
      : [{ host: '127.0.0.1', port: sandbox.port, purpose: 'the sandbox, spec.sandbox.port' }]),
  ]
}

/** Reports an applied change. Services follow the configuration, but settings in their environment take effect only when they start. */
function sayChange(first: Plan, next: Plan, changes: number, say: (line: string) => void): void {
  say(`configuration applied: ${changes} ${changes === 1 ? 'entry' : 'entries'} changed`)
  if (JSON.stringify(next.deployment) !== JSON.stringify(first.deployment)) {
    say('ports, replicas, broker and telemetry settings take effect after a restart')
  }
}

function firstCredential(plan: Plan, state: StateFolder) {
  const [address] = plan.config.credentials.keys()
  return address === undefined ? undefined : state.credentials().find(({ username }) => username === address)
}
