/** Words that name no reason: those of a reply that only refuses. */
const NEUTRAL = new Set(
  'a action addr address an and are at be been bounce by cannot command could declined deliver delivered delivery denied does error failed failure fatal for from has here host http is it its mail mailbox message no not of ok on or permanent permanently please rcpt recipient recipients refused reject rejected requested response see smtp sorry taken that the there this to transaction unable undeliverable url user was with you your'.split(
    ' ',
  ),
)

const WORD = /[\p{L}\p{N}'-]+/gu

/** Whether the words of a reply do not say what is refused: `550`, `550 <kim@remote.test>... denied`, `550 Requested action not taken`.
 * Then the command decides. Unknown words, in contrast, name some reason, which concerns the sender more often than the recipient.
 * Queue ids and other tokens with digits are ignored. */
export const isBareRefusal = (words: string): boolean =>
  [...words.matchAll(WORD)].every(([word]) => NEUTRAL.has(word) || /\d/.test(word) || word.length === 1)
