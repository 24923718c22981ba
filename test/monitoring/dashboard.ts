import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHART } from '../support/helm.ts'

export const DASHBOARD = join(CHART, 'dashboards', 'postrider.json')

export interface Panel {
  id: number
  type: string
  title: string
  description?: string
  datasource?: { type: string; uid: string }
  gridPos: { x: number; y: number; w: number; h: number }
  fieldConfig?: { defaults: { unit?: string } }
  targets?: { refId: string; expr: string; datasource: { uid: string } }[]
}

export interface Dashboard {
  title: string
  templating: { list: { name: string; type: string; query: unknown }[] }
  panels: Panel[]
}

export interface PanelQuery {
  panel: string
  query: string
}

/** What a panel that needs Kubernetes would have to show without it: nothing, as only the operator tells it. By title. */
export const NEEDS_KUBERNETES: Record<string, string> = {
  'Certificate expires in': 'the operator reads the Secret of the certificate',
  Certificate: 'the operator reads the Secret of the certificate',
  'Domains that may send': 'a Domain has conditions only in a cluster',
  Domains: 'a Domain has conditions only in a cluster, and only the operator looks at the DNS',
  'Domains by state': 'a Domain has conditions only in a cluster, and only the operator looks at the DNS',
  'Broker lag': 'the operator reads the state of the broker',
  'Stored by the broker': 'the operator reads the state of the broker',
  'Records in the broker': 'the operator reads the state of the broker',
  'Broker reached by the operator': 'it is the connection of the operator',
  Reconciles: 'the operator reconciles',
  'Time of a reconcile': 'the operator reconciles',
  'Failed reconciles': 'the operator reconciles',
  Leader: 'operators elect a leader by a Lease',
}

/** What is empty while nothing is scanned. By title. */
export const NEEDS_SCANNERS: Record<string, string> = {
  'Scans by outcome': 'no scanner is set',
  'Time of a scan': 'no scanner is set',
}

export const readDashboard = (): Dashboard => JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard

/** Every query of the dashboard as Grafana would send it, with the namespace chosen and a rate over `interval`. */
export function panelQueries(namespace: string, interval = '1m'): PanelQuery[] {
  return readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      query: expr.replaceAll('$namespace', namespace).replaceAll('$__rate_interval', interval),
    })),
  )
}
