import { parseAst } from 'vitest/node'

/** @typedef {{ start: number, end: number, from: string, to: string }} Mutant a piece of a source, and what to put there */

const negated = { '===': '!==', '!==': '===', '<': '>=', '>=': '<', '>': '<=', '<=': '>' }
const shifted = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }
const otherOperator = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '&': '|',
  '|': '&',
  '^': '&',
  '<<': '>>',
  '>>': '<<',
}
const otherAssignment = { '+=': '-=', '-=': '+=', '??=': '=', '|=': '=', '&=': '=' }
const otherMethod = new Map([
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['floor', 'ceil'],
  ['ceil', 'floor'],
  ['toLowerCase', 'toUpperCase'],
  ['indexOf', 'lastIndexOf'],
  ['lastIndexOf', 'indexOf'],
])
/** Methods without which their object is of the same kind. */
const removable = new Set(['trim', 'filter', 'slice', 'replace', 'replaceAll', 'sort', 'toSorted', 'reverse'])

/**
 * Every small mistake that somebody could make in a TypeScript source: a condition that always or never holds, another
 * operator, a limit that is off by one, a statement forgotten, a regular expression without an anchor.
 *
 * The text of an error's message is taken away as a whole: its wording is nobody's to rely on.
 *
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(source) {
  /** @type {Map<string, Mutant>} */
  const found = new Map()
  const names = new Set()
  /** The conditions, and the sides of `&&`, `||` and `??`. */
  const decided = new Set()
  const text = (node) => source.slice(node.start, node.end)
  const put = (node, to) => {
    const { start, end } = node
    const from = source.slice(start, end)
    if (from !== to) found.set(`${start}-${end}-${to}`, { start, end, from, to })
  }

  /** The operator stands between the operands, and between their brackets. */
  const operator = (node, to) => {
    const between = source.slice(node.left.end, node.right.start).replace(node.operator, to)
    put(node, source.slice(node.start, node.left.end) + between + source.slice(node.right.start, node.end))
  }

  /** What holds never and always: to turn it round as well would be found out by the same tests. */
  const condition = (test, isLoop = false) => {
    decided.add(test)
    put(test, 'false')
    if (!isLoop) put(test, 'true')
  }

  const rules = {
    IfStatement: ({ test }) => condition(test),
    ConditionalExpression: ({ test }) => condition(test),
    WhileStatement: ({ test }) => condition(test, true),
    ForStatement: ({ test }) => test && condition(test, true),
    LogicalExpression(node) {
      put(node, text(node.left))
      put(node, text(node.right))
      decided.add(node.left).add(node.right)
    },
    BinaryExpression(node) {
      // The name of a type that is not one: the comparison's other operator says the same.
      if (node.left.operator === 'typeof') names.add(node.right)
      const tables = decided.has(node) ? [shifted, otherOperator] : [negated, shifted, otherOperator]
      for (const table of tables) if (table[node.operator]) operator(node, table[node.operator])
    },
    UnaryExpression(node) {
      if ('!-~'.includes(node.operator) && !decided.has(node)) put(node, text(node.argument))
    },
    UpdateExpression(node) {
      put(node, text(node).replace(node.operator, node.operator === '++' ? '--' : '++'))
    },
    AssignmentExpression(node) {
      const to = otherAssignment[node.operator]
      if (to) operator(node, to)
    },
    Literal(node) {
      if (typeof node.value === 'boolean') put(node, String(!node.value))
      else if (typeof node.value === 'number') put(node, String(node.value + 1))
      else if (node.regex) for (const to of otherPatterns(node.regex)) put(node, to)
      else if (typeof node.value === 'string') put(node, node.value === '' ? "'mutant'" : "''")
    },
    TemplateLiteral: (node) => put(node, '``'),
    ArrayExpression: (node) => node.elements.length > 0 && put(node, '[]'),
    ObjectExpression: (node) => node.properties.length > 0 && put(node, '({})'),
    ExpressionStatement: (node) => put(node, ';'),
    BlockStatement: (node) => node.body.length > 0 && put(node, '{}'),
    ArrowFunctionExpression({ body }) {
      // What is in brackets counts with them, or the arrow would lose its body.
      if (body.type !== 'BlockStatement' && text(body) !== 'undefined') put(body, 'undefined')
    },
    MemberExpression(node) {
      if (node.optional)
        put(node, text(node).replace(/\?\.(?=[^?]*$)/s, source[node.object.end + 2] === '[' ? '' : '.'))
    },
    CallExpression(node) {
      // What a symbol says is for whoever debugs.
      if (node.callee.name === 'Symbol') names.add(node.arguments[0])
      if (node.callee.type !== 'MemberExpression' || node.callee.computed) return
      const { object, property } = node.callee
      const to = otherMethod.get(property.name)
      if (to) put(property, to)
      if (removable.has(property.name)) put(node, text(object))
    },
  }

  const visit = (node) => {
    if (names.has(node)) return
    if (node.type.startsWith('TS') && node.expression === undefined) return
    if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return
    rules[node.type]?.(node)
    const message = messageOf(node)
    if (message) put(message, "''")
    for (const [key, child] of Object.entries(node)) {
      if (isName(node, key)) continue
      for (const each of Array.isArray(child) ? child : [child]) if (each?.type && each !== message) visit(each)
    }
  }
  visit(parseAst(source, { lang: 'ts' }))
  return [...found.values()]
    .filter((mutant) => isSource(mutated(source, mutant)))
    .sort((one, other) => one.start - other.start || one.end - other.end)
}

/** @param {string} source @param {Mutant} mutant */
export function mutated(source, { start, end, to }) {
  return source.slice(0, start) + to + source.slice(end)
}

function isSource(text) {
  try {
    parseAst(text, { lang: 'ts' })
    return true
  } catch {
    return false
  }
}

/** What only names something, or is a type. */
function isName(node, key) {
  if (key === 'key' || key === 'property') return !node.computed
  if (key === 'source') return true
  return key === 'typeAnnotation' || key === 'returnType' || key.startsWith('type')
}

/** The argument that is an error's message. */
function messageOf({ type, callee, arguments: given }) {
  if (type === 'CallExpression' && callee.name === 'invalidArgument') return given[1]
  if (type === 'NewExpression' && callee.name === 'PingerchipsError') return given[1]
}

/** A regular expression without an anchor or a flag, with a class that is its contrary, or a quantifier off by one. */
function* otherPatterns({ pattern, flags }) {
  for (const { 0: part, index } of pattern.matchAll(/\\.|\[\^?|\{\d+(,\d*)?\}|[$^+*?]/g)) {
    const put = (to) => `/${pattern.slice(0, index)}${to}${pattern.slice(index + part.length)}/${flags}`
    if (part === '^' || part === '$') yield put('')
    else if (part === '[') yield put('[^')
    else if (part === '[^') yield put('[')
    else if (part === '+' || part === '*') yield put('')
    else if (part.startsWith('{')) {
      const [least, most] = part.slice(1, -1).split(',')
      if (most !== undefined) {
        yield put(`{${Number(least) + 1},${most}}`)
        if (most !== '') yield put(`{${least},${Number(most) + 1}}`)
      }
    } else if (/^\\[dDwWsS]$/.test(part)) yield put(part[1] < 'a' ? part.toLowerCase() : part.toUpperCase())
  }
  for (const flag of flags) yield `/${pattern}/${flags.replace(flag, '')}`
}
