import { CaxtonError } from '../core/index.ts'

interface Flight<Result> {
  readonly result: Promise<Result>
  readonly controller: AbortController
  passengers: number
}

/**
 * Runs a task once for all who ask for the same key while it runs.
 *
 * Guarantees: a caller that cancels does not cancel the others; when all have cancelled, the task's own signal fires.
 */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>()

  async run(
    key: string,
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const flight = this.#flights.get(key) ?? this.#start(key, task)
    flight.passengers += 1
    try {
      return await Promise.race([flight.result, whenCancelled(signal)])
    } finally {
      flight.passengers -= 1
      if (flight.passengers === 0) this.#land(key, flight)
    }
  }

  #start(key: string, task: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController()
    const flight: Flight<Result> = { result: task(controller.signal), controller, passengers: 0 }
    flight.result.catch(() => undefined)
    this.#flights.set(key, flight)
    return flight
  }

  #land(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
    flight.controller.abort()
  }
}

function whenCancelled(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const cancel = () => {
      reject(new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', { detail: 'the build was cancelled', cause: signal?.reason }))
    }
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}
