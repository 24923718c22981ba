import { z } from 'zod'

/** How a variable of the environment represents a value: `decode` parses its text, `encode` writes it. */
export type Codec<Value> = z.ZodType<Value, string>

export const text: Codec<string> = z.string()

/** Texts without commas, separated by commas. */
export const list: Codec<string[]> = z.codec(z.string(), z.array(z.string()), {
  decode: (value) => value.split(','),
  encode: (values) => values.join(','),
})

export const whole = (least: number, most: number): Codec<number> =>
  z.codec(z.string(), z.int().min(least).max(most), {
    decode: (value, { issues }) => {
      const number = Number(value)
      if (Number.isInteger(number) && number >= least && number <= most) return number
      const message = `is ${value}, but must be a whole number from ${least} to ${most}`
      issues.push({ code: 'custom', input: value, message })
      return z.NEVER
    },
    encode: String,
  })

export const oneOf = <const Word extends string>(words: readonly Word[]): Codec<Word> =>
  z.codec(z.string(), z.enum(words), {
    decode: (value, { issues }) => {
      const word = words.find((known) => known === value)
      if (word !== undefined) return word
      issues.push({ code: 'custom', input: value, message: `is ${value}, but must be one of ${words.join(', ')}` })
      return z.NEVER
    },
    encode: (word) => word,
  })

/** JSON of a shape. Fields that are not in the shape are ignored. */
export const json = <Shape extends z.ZodType>(shape: Shape): Codec<z.output<Shape>> =>
  z.codec(z.string(), shape, {
    decode: (value, { issues }) => {
      try {
        // Not checked here: the shape checks it next.
        return JSON.parse(value) as z.input<Shape>
      } catch {
        issues.push({ code: 'custom', input: value, message: 'is not JSON' })
        return z.NEVER
      }
    },
    encode: (value) => JSON.stringify(value),
  })
