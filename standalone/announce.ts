import type { Plan } from '@postrider/plan/plan'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'
import type { CredentialFile } from './provider/state.ts'

export interface Announcement {
  plan: Plan
  caFile?: string
  credential?: CredentialFile
  sandbox?: string
  state: string
  readyMs: number
}

/** The lines that `postrider up` prints when it is ready: where it listens, and commands that send a test mail. */
export function announcement({ plan, caFile, credential, sandbox, state, readyMs }: Announcement): string[] {
  const { ingress, api, telemetry } = plan.deployment
  const { listeners } = ingress.settings
  const { host: apiHost, port: apiPort, httpPort } = api.settings
  const offsets = Object.entries(TELEMETRY_OFFSETS).map(([service, offset]) =>
    offset === 0 ? `(${service})` : `+${offset} (${service})`,
  )
  const ports = listeners.map(({ kind, host, port }) => `  ${kind.padEnd(12)} ${host}:${port}`)
  const trial = credential === undefined ? [] : trialLines(credential, caFile)
  return [
    `ready in ${(readyMs / 1000).toFixed(1)} s; state in ${state}, logs in ${state}/logs`,
    ...ports,
    ...(api.replicas === 0 ? [] : [`  https, http  ${apiHost}:${apiPort}, ${apiHost}:${httpPort}`]),
    `  metrics      http://${telemetry.address}:${telemetry.basePort}/metrics ${offsets.join(', ')}`,
    ...(caFile === undefined ? [] : [`  local CA     ${caFile}`]),
    ...trial,
    ...(sandbox === undefined ? [] : [`all mail goes to the sandbox, which stores it in ${sandbox}`]),
    'Ctrl-C stops everything; the queue is kept for the next start',
  ]
}

function trialLines(
  { username, password, portImplicitTLS, portSTARTTLS }: CredentialFile,
  caFile: string | undefined,
): string[] {
  const trust = caFile === undefined ? '' : ` --tls-ca-path ${caFile}`
  const nodeTrust = caFile === undefined ? '' : `NODE_EXTRA_CA_CERTS=${caFile} `
  const curlTrust = caFile === undefined ? '' : ` --cacert ${caFile}`
  const script =
    `import("nodemailer").then(async({createTransport:t})=>console.log((await t({host:"localhost",port:${portImplicitTLS},secure:true,` +
    `auth:{user:"${username}",pass:"${password}"}}).sendMail({from:"${username}",to:"kim@remote.test",subject:"hello from Node",text:"hello"})).response))`
  const mail = `From: ${username}\\r\\nTo: kim@remote.test\\r\\nSubject: hello from curl\\r\\n\\r\\nhello\\r\\n`
  return [
    `  user name    ${username}`,
    `  password     ${password}`,
    'send a mail with swaks, Node or curl:',
    `  swaks --server localhost:${portSTARTTLS} --tls --tls-verify${trust} --auth PLAIN --auth-user ${username} --auth-password ${password} --from ${username} --to kim@remote.test`,
    `  ${nodeTrust}node_modules/.bin/node -e '${script}'`,
    `  printf '${mail}' | curl -sS --url smtps://localhost:${portImplicitTLS}${curlTrust} --user ${username}:${password} --mail-from ${username} --mail-rcpt kim@remote.test -T -`,
  ]
}
