import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const DOCS = join(import.meta.dirname, '..', '..', 'docs')
const page = readFileSync(join(DOCS, 'architecture.md'), 'utf8')

/** A stop of the message's way: the file that it is in, and the function. */
interface Stop {
  name: string
  path: string
}

const named = (text: string): Stop[] =>
  [...text.matchAll(/\[`(\w+)`\]\(([\w./-]+\.ts)\)/g)].map(([, name = '', path = '']) => ({ name, path }))

/** The numbered items of a section, each with what it names: first the stop, then what that calls. */
function stopsOf(section: string): Stop[][] {
  const [, text = ''] = page.split(`### ${section}\n`)
  const [items = ''] = text.split(/^##/m)
  return items
    .split(/^(?=\d+\. )/m)
    .slice(1)
    .map((item, index) => {
      assert.match(item, new RegExp(`^${index + 1}\\. \\[\``), `${section}: ${item}`)
      return named(item)
    })
}

test('each function that the page names is declared in the file that it links to', () => {
  const all = named(page)
  assert.ok(all.length > 30)
  for (const { name, path } of all) {
    assert.ok(existsSync(join(DOCS, path)), path)
    const declared = new RegExp(`^export (?:async |abstract )?(?:function|class|const) ${name}\\b`, 'm')
    assert.ok(declared.test(readFileSync(join(DOCS, path), 'utf8')), `${path} exports no ${name}`)
  }
})

test('the way has at most 12 stops in ingress and 10 in delivery, and visits no file twice', () => {
  const [ingress, delivery] = [stopsOf('Ingress'), stopsOf('Delivery')]
  assert.ok(ingress.length > 0 && ingress.length <= 12, `${ingress.length} stops in ingress`)
  assert.ok(delivery.length > 0 && delivery.length <= 10, `${delivery.length} stops in delivery`)
  const files = [...ingress, ...delivery].flat().map(({ path }) => path)
  assert.deepEqual(
    files.filter((path, at) => files.indexOf(path) !== at),
    [],
  )
})
