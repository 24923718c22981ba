import type { Rule } from './rule.ts'

/** Codes that individual providers use instead of words. First, because the words around them are often misleading. */
export const PROVIDER_CODES: readonly Rule[] = [
  // Yahoo: a rate limit with 4xx, a listing with 5xx.
  { category: 'blocklisted', codeClass: 5, pattern: /\[tss\d\d\]|\bpermanently deferred\b/ },
  // Exchange Online says that the server is busy when it throttles a sender.
  { category: 'rate-limited', enhanced: /^4\.7\.500$/, pattern: /\bbusy\b/ },
  // NetEase (163.com, 126.com): two letters for the layer, three for the reason.
  { category: 'rate-limited', pattern: /\bhl:(?:icc|ifc|mep|itc)\b/ },
  { category: 'spam-content', pattern: /\bdt:(?:spm|vir|sps)\b/ },
  { category: 'rate-limited', pattern: /\b(?:mi|rp):(?:cel|ccl|dmc|drc|qrc|trc|sfq|stc|src|scc)\b/ },
  { category: 'blocklisted', pattern: /\bhl:[a-z]{3}\b|\bdt:rbl\b|\b(?:wm|mi|rp):(?:bli|ipb)\b/ },
  { category: 'policy', pattern: /\b(?:mi|rp|wm|dt|mx):[a-z]{3}\b/ },
  // AOL.
  { category: 'reverse-dns', pattern: /\(dns:[a-z0-9]{1,3}\)/ },
  { category: 'rate-limited', pattern: /\(con:[a-z0-9]{1,3}\)/ },
  { category: 'blocklisted', pattern: /\((?:rtr|dyn):[a-z0-9]{1,3}\)/ },
  // Gmail counts by IP address, by DKIM domain and by SPF domain, and names what it counted by.
  { category: 'rate-limited', pattern: /\bunusual rate of\b|\breceiving mail (?:too quickly|at a rate)\b/ },
  // Charter and Cox. The rest names the sender's address, its domain or the message.
  { category: 'policy', pattern: /\baup#/, unless: /rbl\b/ },
]
