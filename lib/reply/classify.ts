export interface BounceInfo {
  action: 'retry' | 'bounce'
  category: string
  code?: number
  enhanced?: string | null
  message: string
}
export function getBounceInfo({ response }: { response: string; stage?: string }): BounceInfo {
  return { action: response.startsWith('5') ? 'bounce' : 'retry', category: 'other', message: response }
}
export function classifyNetworkError(_: { code?: string; stage?: string }): BounceInfo {
  return { action: 'retry', category: 'network', message: '' }
}
