import type { Category, Stage } from '../category.ts'

/** One line of a table. It holds when every condition that it names holds; the first that holds decides. */
export interface Rule {
  category: Category
  /** Searched in the words as `wording` gives them. No nested or overlapping repetition, gaps bounded (`.{0,40}`): a remote
   * writes the text, so matching must stay linear. */
  pattern: RegExp
  /** Searched in the same words: where it is found the rule does not hold. */
  unless?: RegExp
  /** Searched in the enhanced status, which is the empty string where the reply has none. */
  enhanced?: RegExp
  /** First digit of the code. */
  codeClass?: 4 | 5
  /** The rule does not speak of replies given at these stages. */
  notAt?: readonly Stage[]
}
