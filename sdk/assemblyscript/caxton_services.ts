/** What the host does for an agent while it waits: replies, HTTP requests, tools. */
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

/** Makes an HTTP request and waits for the head of its answer. */
export function fetch(request: Request): Response {
  const writer = new Writer().beginObject().key('method').string(request.method).key('url').string(request.url)
  if (request.headers != '') writer.key('headers').json(request.headers)
  const text = String.UTF8.encode(writer.endObject().toString())
  const body = request.body
  const answered = abi.http_fetch(changetype<usize>(text), text.byteLength, changetype<usize>(body), body.byteLength)
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

/** Calls a tool, `<server>/<tool>`, with arguments in JSON text (an object, or ''), and waits for its result. */
export function callTool(name: string, input: string = ''): Result {
  const tool = String.UTF8.encode(name)
  const text = String.UTF8.encode(input)
  return Result.of(
    abi.call_tool(changetype<usize>(tool), tool.byteLength, changetype<usize>(text), text.byteLength),
  )
}
