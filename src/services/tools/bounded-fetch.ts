import type { FetchLike } from '@modelcontextprotocol/client'
import { CaxtonError } from '../../core/index.ts'

/** Makes a `fetch` whose responses end with an error after so many bytes; a stream of events is one response. */
export function boundFetch(maxBytes: number): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (response.body === null) return response
    let bytes = 0
    const bound = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.length
        if (bytes <= maxBytes) controller.enqueue(chunk)
        else
          controller.error(
            new CaxtonError('ERR_TOOL_LIMIT', {
              detail: `a response of more than ${maxBytes} bytes`,
              data: { limit: 'response_bytes' },
            }),
          )
      },
    })
    const { status, statusText, headers } = response
    const bounded = new Response(response.body.pipeThrough(bound), { status, statusText, headers })
    // What the library compares with what it asked for.
    Object.defineProperty(bounded, 'url', { value: response.url })
    Object.defineProperty(bounded, 'redirected', { value: response.redirected })
    return bounded
  }
}
