import type { Category, Stage } from '../category.ts'

/** One rule of a table. It matches when all its conditions match; the first rule that matches decides. */
export interface Rule {
  category: Category
  /** Searched in the words in the form that `wording` returns. No nested or overlapping repetition, and bounded gaps (`.{0,40}`): a
   * remote writes the text, so matching must be linear. */
  pattern: RegExp
  /** Searched in the same words: if it is found, the rule does not match. */
  unless?: RegExp
  /** Searched in the enhanced status, which is an empty string if the reply has none. */
  enhanced?: RegExp
  /** First digit of the code. */
  codeClass?: 4 | 5
  /** The rule does not apply to replies at these stages. */
  notAt?: readonly Stage[]
}
