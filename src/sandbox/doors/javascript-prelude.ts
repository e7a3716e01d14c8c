import type { ServiceName } from '../../capability/index.ts'
import { HANDLED, LOG_LEVELS, SERVICES, STATUS } from '../../capability/index.ts'

/** What the glue in the guest can ask of the door, by place in this list. */
export const OPERATIONS = [
  'ready',
  'settle',
  'fail',
  'send',
  'log',
  'register',
  'now',
  'random',
  'charge',
  'config',
  'store',
  'load',
  'delete',
  'list',
  'setTimer',
  'cancelTimer',
  'publish',
  'subscribe',
  'unsubscribe',
  'ask',
] as const
export type Operation = (typeof OPERATIONS)[number]

/** Name of the global that carries the host function until the glue has taken it. */
export const HOST_GLOBAL = '__caxton'

/** Modules that exist in the guest beside its own. Scripts reach `caxton` alone. */
export const GLUE_MODULE = 'caxton:door'
export const API_MODULE = 'caxton'
/** What the glue imports: the main module of the script, whatever its name is. */
export const SCRIPT_SPECIFIER = 'script'

const operation = (name: Operation) => OPERATIONS.indexOf(name)
const service = (name: ServiceName) => SERVICES.indexOf(name)

/** What `import … from 'caxton'` gives to a script. */
export const API_SOURCE = `export {
  ${[...Object.keys(HANDLED), 'CaxtonError', 'Collector', 'ask', 'callTool', 'callToolBy', 'cancelTimer', 'chargeCost', 'collect', 'delegate', 'deleteData', 'fetch', 'fetchBy', 'getConfig', 'listData', 'loadData', 'log', 'nowMicros', 'publish', 'offerCapability', 'randomU32', 'registerCapability', 'reply', 'searchDirectory', 'send', 'setDelegation', 'setTimer', 'spawn', 'stopAgent', 'storeData', 'subscribeTopic', 'unsubscribeTopic', 'unwatchDirectory', 'watchDirectory', 'withdrawCapability'].join(', ')}
} from '${GLUE_MODULE}'
`

/**
 * The glue on the guest's side. It runs inside the sandbox like the script itself and is trusted with nothing: a script that
 * changes what it uses harms itself alone.
 */
export const GLUE_SOURCE = `
const host = globalThis.${HOST_GLOBAL}
delete globalThis.${HOST_GLOBAL}
const { parse, stringify } = JSON
const { isInteger } = Number
const STATUS_NAMES = new Map(Object.entries(${JSON.stringify(STATUS)}).map(([name, status]) => [status, name]))
const LEVELS = ${JSON.stringify(LOG_LEVELS)}
${Object.entries(HANDLED)
  .map(([name, value]) => `export const ${name} = ${value}`)
  .join('\n')}
let script

export class CaxtonError extends Error {
  constructor(status, what) {
    const code = STATUS_NAMES.get(status) ?? 'UNKNOWN'
    super(what + ': ' + code)
    this.name = 'CaxtonError'
    this.code = code
    this.status = status
  }
}

function check(status, what) {
  if (status < 0) throw new CaxtonError(status, what)
}

export function send(draft) {
  check(host(${operation('send')}, stringify(draft)), 'message was not sent')
}

export function reply(message, performative, content, header) {
  send({
    performative,
    receiver: message.reply_to ?? message.sender,
    conversation_id: message.conversation_id,
    in_reply_to: message.reply_with,
    protocol: message.protocol,
    ...header,
    content,
  })
}

let collections = 0

export class Collector {
  constructor(receivers, replyWith) {
    this.replyWith = replyWith
    this.missing = new Set(receivers)
    this.answers = new Map()
    this.unanswered = new Map()
  }

  get isComplete() {
    return this.missing.size === 0
  }

  take(message) {
    if (message.in_reply_to !== this.replyWith || message.performative === 'agree') return false
    if (message.sender === 'caxton') return this.#takeNotice(message)
    if (!this.missing.delete(message.sender)) return false
    this.answers.set(message.sender, message)
    return true
  }

  #takeNotice(message) {
    const { receiver, reason, guard } = message.content
    const isOver = guard !== undefined && guard !== 'circuit'
    const lost = [...this.missing].filter((name) => isOver || name === receiver)
    for (const name of lost) {
      this.giveUp(name, reason)
      this.answers.set(name, message)
    }
    return lost.length > 0
  }

  giveUp(name, reason) {
    if (!this.missing.delete(name)) return false
    this.unanswered.set(name, reason)
    return true
  }

  by(performative) {
    return [...this.answers.values()].filter((message) => message.performative === performative)
  }
}

export function collect(draft) {
  collections += 1
  const replyWith = draft.reply_with ?? 'collect-' + collections
  send({ ...draft, reply_with: replyWith })
  return new Collector([draft.receiver].flat(), replyWith)
}

export function log(level, text) {
  const status = host(${operation('log')}, LEVELS.indexOf(level), String(text))
  if (status !== ${STATUS.LIMIT}) check(status, 'line was not logged')
}

export function registerCapability(name) {
  check(host(${operation('register')}, String(name)), 'capability was not registered')
}

export function nowMicros() {
  const micros = host(${operation('now')})
  check(micros, 'time was not read')
  return micros
}

export function chargeCost(units) {
  check(host(${operation('charge')}, +units), 'cost was not charged')
}

export function randomU32() {
  const bits = host(${operation('random')})
  check(bits, 'no random number was drawn')
  return bits
}

export function getConfig(key) {
  return host(${operation('config')}, String(key))
}

export function storeData(key, value) {
  check(host(${operation('store')}, String(key), String(value)), 'data was not stored')
}

export function loadData(key) {
  const value = host(${operation('load')}, String(key))
  if (typeof value === 'number') check(value === ${STATUS.NOT_FOUND} ? 0 : value, 'data was not loaded')
  return typeof value === 'string' ? value : undefined
}

export function deleteData(key) {
  const status = host(${operation('delete')}, String(key))
  if (status !== ${STATUS.NOT_FOUND}) check(status, 'data was not deleted')
  return status === ${STATUS.OK}
}

export function listData(prefix = '') {
  const keys = host(${operation('list')}, String(prefix))
  if (typeof keys === 'number') check(keys, 'data was not listed')
  return parse(keys)
}

export function setTimer(id, delayMs) {
  if (typeof script?.handleTimer !== 'function') throw TypeError('the script does not export a function handleTimer')
  check(host(${operation('setTimer')}, id, delayMs), 'timer was not set')
}

export function cancelTimer(id) {
  const status = host(${operation('cancelTimer')}, id)
  if (status !== ${STATUS.NOT_FOUND}) check(status, 'timer was not cancelled')
  return status === ${STATUS.OK}
}

export function publish(topic, content, { retain = false } = {}) {
  const text = content === undefined ? '' : stringify(content)
  check(host(${operation('publish')}, String(topic), text, retain ? 1 : 0), 'nothing was published')
}

export function subscribeTopic(pattern) {
  check(host(${operation('subscribe')}, String(pattern)), 'topic was not subscribed to')
}

export function unsubscribeTopic(pattern) {
  const status = host(${operation('unsubscribe')}, String(pattern))
  if (status !== ${STATUS.NOT_FOUND}) check(status, 'subscription was not ended')
  return status === ${STATUS.OK}
}

const asked = new Map()
let lastTicket = 0
let lastAsk = 0

function waitFor(service, what, text, body = '', number = 0) {
  return new Promise((resolve, reject) => {
    lastTicket += 1
    check(host(${operation('ask')}, lastTicket, service, text, body, number), what)
    asked.set(lastTicket, { resolve, reject, what })
  })
}

function answer(text) {
  const end = text.indexOf('\\n')
  const [ticket, status] = text.slice(0, end).split(' ').map(Number)
  const { resolve, reject, what } = asked.get(ticket)
  asked.delete(ticket)
  if (status < 0) reject(new CaxtonError(status, what))
  else resolve({ status, text: text.slice(end + 1) })
}

export async function ask(draft, deadlineMs = 0) {
  lastAsk += 1
  const request = { ...draft, reply_with: draft.reply_with ?? 'ask-' + lastAsk }
  return parse((await waitFor(${service('request')}, 'no reply came', stringify(request), '', deadlineMs)).text)
}

export async function callTool(name, input = {}) {
  return parse((await waitFor(${service('call_tool')}, 'tool was not called', String(name), stringify(input))).text)
}

class Response {
  #stream
  constructor({ status, url, headers, stream }) {
    this.status = status
    this.ok = status >= 200 && status < 300
    this.url = url
    this.headers = headers
    this.#stream = stream
  }
  async read(maxBytes = 65536) {
    if (this.#stream === 0) return undefined
    const wanted = stringify({ stream: this.#stream, max: maxBytes })
    const { status, text } = await waitFor(${service('http_read')}, 'body broke off', wanted, '', this.#stream)
    if (status > 0) return text
    this.#stream = 0
    return text === '' ? undefined : text
  }
  async text() {
    let text = ''
    while (true) {
      const piece = await this.read()
      if (piece === undefined) return text
      text += piece
    }
  }
  async json() {
    return parse(await this.text())
  }
  async close() {
    const stream = this.#stream
    this.#stream = 0
    if (stream !== 0) await waitFor(${service('http_close')}, 'body is not open', stringify({ stream }))
  }
}

export async function fetch(url, { method = 'GET', headers = {}, body = '' } = {}) {
  const request = stringify({ url: String(url), method, headers })
  return new Response(parse((await waitFor(${service('http_fetch')}, 'request was not made', request, String(body))).text))
}

function useDelegation(handle, what, request, body) {
  return waitFor(${service('use_delegation')}, what, String(handle) + '\\n' + request, body)
}

export async function fetchBy(handle, url, { method = 'GET', headers = {}, body = '' } = {}) {
  const request = stringify({ url: String(url), method, headers })
  return new Response(parse((await useDelegation(handle, 'request was not made', request, String(body))).text))
}

export async function callToolBy(handle, name, input = {}) {
  return parse((await useDelegation(handle, 'tool was not called', String(name), stringify(input))).text)
}

export async function delegate(request) {
  return parse((await waitFor(${service('delegate')}, 'grant was not passed on', stringify(request))).text).handle
}

export async function setDelegation(handle, state) {
  await waitFor(${service('set_delegation')}, 'delegation was not changed', String(handle), String(state))
}

export async function spawn(request) {
  return parse((await waitFor(${service('spawn_agent')}, 'agent was not started', stringify(request))).text).name
}

export async function stopAgent(name) {
  await waitFor(${service('stop_agent')}, 'agent was not stopped', String(name))
}

export async function offerCapability(offer) {
  await waitFor(${service('offer_capability')}, 'capability was not offered', stringify(offer))
}

export async function withdrawCapability(name) {
  await waitFor(${service('withdraw_capability')}, 'capability was not withdrawn', String(name))
}

export async function searchDirectory(filter = {}) {
  return parse((await waitFor(${service('search_directory')}, 'directory was not searched', stringify(filter))).text)
}

export async function watchDirectory(id, filter = {}) {
  await waitFor(${service('watch_directory')}, 'directory is not watched', stringify(filter), String(id))
}

export async function unwatchDirectory(id) {
  await waitFor(${service('unwatch_directory')}, 'directory was not watched', '', String(id))
}

function toStatus(result) {
  if (result === undefined) return ${HANDLED.OK}
  if (isInteger(result)) return result
  throw TypeError('expected nothing or a whole number from the handler, found ' + typeof result)
}

function settle(result) {
  host(${operation('settle')}, toStatus(result))
}

function fail(error) {
  let text = 'an exception that cannot be shown'
  let stack = ''
  try {
    text = String(error)
    if (error instanceof Error) stack = String(error.stack)
  } catch {}
  host(${operation('fail')}, text, stack)
}

async function settleLater(promise) {
  try {
    settle(await promise)
  } catch (error) {
    fail(error)
  }
}

function run(work) {
  try {
    const result = work()
    if (typeof result === 'object' && result !== null) settleLater(result)
    else settle(result)
  } catch (error) {
    fail(error)
  }
}

async function load() {
  script = await import('${SCRIPT_SPECIFIER}')
  if (typeof script.handleMessage !== 'function') {
    throw TypeError('the script does not export a function handleMessage')
  }
  return script.init?.()
}

host(${operation('ready')}, (text) => run(() => script.handleMessage(parse(text))), fail, (id) => run(() => script.handleTimer(id)), answer)
run(load)
`
