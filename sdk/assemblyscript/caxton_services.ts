/** What the host does for an agent while it waits: replies, HTTP requests, tools, grants passed on, agents started. */
import * as abi from './caxton_abi'
import { Writer, getField, toInteger, toText } from './caxton_json'

/** Takes what a function that waits has answered, as text; '' when there is nothing. */
export function takeResult(length: i32): string {
  if (length <= 0) return ''
  const out = new ArrayBuffer(length)
  const taken = abi.take_result(changetype<usize>(out), length)
  return taken < 0 ? '' : String.UTF8.decodeUnsafe(changetype<usize>(out), taken)
}

/** What came of something that was waited for: `status` is OK or negative, `json` the answer. */
export class Result {
  constructor(
    public status: i32,
    public json: string,
  ) {}

  static of(answered: i32): Result {
    return answered < 0 ? new Result(answered, '') : new Result(abi.OK, takeResult(answered))
  }
}

/** An HTTP request. `headers` is JSON text, an object of texts, or ''. */
export class Request {
  method: string = 'GET'
  headers: string = ''
  body: ArrayBuffer = new ArrayBuffer(0)

  constructor(public url: string) {}
}

/** The head of an HTTP response, or why there is none: then `error` is negative. The body is read piece by piece. */
export class Response {
  error: i32 = 0
  status: i32 = 0
  url: string = ''
  /** JSON text: an object of texts with lower-case names. */
  headers: string = '{}'
  stream: i32 = 0

  /** Returns a header, '' if there is none. The name is in lower case. */
  header(name: string): string {
    return toText(getField(this.headers, name))
  }

  /** Waits for bytes of the body: how many were written to `out`, 0 at the end, or a negative status. */
  read(out: ArrayBuffer): i32 {
    return abi.http_read(this.stream, changetype<usize>(out), out.byteLength)
  }

  /** Waits for all of the body as text; null when it breaks off or is longer than so many bytes. */
  text(maxBytes: i32 = 1 << 20): string | null {
    const chunk = new ArrayBuffer(65536)
    let body = new StaticArray<u8>(0)
    let count = this.read(chunk)
    for (; count > 0; count = this.read(chunk)) {
      if (body.length + count > maxBytes) return null
      const grown = new StaticArray<u8>(body.length + count)
      memory.copy(changetype<usize>(grown), changetype<usize>(body), body.length)
      memory.copy(changetype<usize>(grown) + body.length, changetype<usize>(chunk), count)
      body = grown
    }
    return count < 0 ? null : String.UTF8.decodeUnsafe(changetype<usize>(body), body.length)
  }

  /** Gives up the rest of the body. */
  close(): i32 {
    return abi.http_close(this.stream)
  }
}

function writeRequest(request: Request): ArrayBuffer {
  const writer = new Writer().beginObject().key('method').string(request.method).key('url').string(request.url)
  if (request.headers != '') writer.key('headers').json(request.headers)
  return String.UTF8.encode(writer.endObject().toString())
}

function readHead(answered: i32): Response {
  const response = new Response()
  const head = takeResult(answered)
  if (answered < 0) {
    response.error = answered
    return response
  }
  response.status = <i32>toInteger(getField(head, 'status'), 0)
  response.stream = <i32>toInteger(getField(head, 'stream'), 0)
  response.url = toText(getField(head, 'url'))
  response.headers = getField(head, 'headers')
  return response
}

/** Makes an HTTP request and waits for the head of its answer. */
export function fetch(request: Request): Response {
  const text = writeRequest(request)
  const body = request.body
  return readHead(abi.http_fetch(changetype<usize>(text), text.byteLength, changetype<usize>(body), body.byteLength))
}

/** Makes an HTTP request by a delegation, see `fetch`. */
export function fetchBy(handle: string, request: Request): Response {
  return readHead(useDelegation(handle, writeRequest(request), request.body))
}

/** Calls a tool, `<server>/<tool>`, with arguments in JSON text (an object, or ''), and waits for its result. */
export function callTool(name: string, input: string = ''): Result {
  const tool = String.UTF8.encode(name)
  const text = String.UTF8.encode(input)
  return Result.of(
    abi.call_tool(changetype<usize>(tool), tool.byteLength, changetype<usize>(text), text.byteLength),
  )
}

/** Calls a tool by a delegation, see `callTool`. */
export function callToolBy(handle: string, name: string, input: string = ''): Result {
  return Result.of(useDelegation(handle, String.UTF8.encode(name), String.UTF8.encode(input)))
}

function useDelegation(handle: string, request: ArrayBuffer, body: ArrayBuffer): i32 {
  const name = String.UTF8.encode(handle)
  return abi.use_delegation(
    changetype<usize>(name), name.byteLength,
    changetype<usize>(request), request.byteLength,
    changetype<usize>(body), body.byteLength,
  )
}

/**
 * Passes a grant on to another agent, or a part of it. `value` is JSON text, as a system file would write it; `from` is the handle
 * of a delegation to pass on, '' for the own grant. The answer is JSON text with `handle`, to be sent to that agent.
 */
export function delegate(to: string, grant: string, value: string, from: string = ''): Result {
  const writer = new Writer().beginObject().key('to').string(to).key('grant').string(grant).key('value').json(value)
  if (from != '') writer.key('from').string(from)
  const text = String.UTF8.encode(writer.endObject().toString())
  return Result.of(abi.delegate(changetype<usize>(text), text.byteLength))
}

/** States of a delegation. */
export const ACTIVE: i32 = 0
export const PAUSED: i32 = 1
export const REVOKED: i32 = 2

/** Pauses, resumes or revokes what was passed on by this agent, or was made of it; a holder can only revoke. */
export function setDelegation(handle: string, state: i32): i32 {
  const text = String.UTF8.encode(handle)
  return abi.set_delegation(changetype<usize>(text), text.byteLength, state)
}

/** Starts an agent of a template. `config` is JSON text, an object of texts, or ''. The answer is JSON text with `name`. */
export function spawn(template: string, name: string = '', config: string = ''): Result {
  const writer = new Writer().beginObject().key('template').string(template)
  if (name != '') writer.key('name').string(name)
  if (config != '') writer.key('config').json(config)
  const text = String.UTF8.encode(writer.endObject().toString())
  return Result.of(abi.spawn_agent(changetype<usize>(text), text.byteLength))
}

/** Stops an agent that was started by this one. */
export function stopAgent(name: string): i32 {
  const text = String.UTF8.encode(name)
  return abi.stop_agent(changetype<usize>(text), text.byteLength)
}
