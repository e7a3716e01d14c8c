import type { HostFunction } from './host-function.ts'
import type { ServiceHost } from './service-functions.ts'
import { STATUS } from './status.ts'

const NOTHING = new Uint8Array()
/** Longest name of a capability, bytes. */
const NAME_BYTES = 256
const TEXT = new TextEncoder()

/** Functions of the directory: what agents offer, who finds it, and who is told of changes. */
export const DIRECTORY_FUNCTIONS: readonly HostFunction<ServiceHost>[] = [
  {
    name: 'offer_capability',
    params: [
      { name: 'offer_ptr', type: 'i32' },
      { name: 'offer_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'register',
    fuel: 5_000,
    waits: true,
    summary:
      'Makes the agent reachable as `capability:<name>`, like `register_capability`, and says more of it. The offer is JSON text: ' +
      '`name`, and if wanted `properties`, an object of texts, numbers, true and false, `ontology`, and `lease_ms`, after which the ' +
      'offer lapses unless it is made again. Offering again takes the place of what was offered under that name before. Answers ' +
      'OK, DENIED for a name that is not granted, INVALID, TOO_LARGE for too long a text or too many properties, LIMIT when the ' +
      'agent offers too much.',
    bind: (host) => (pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.ask('offer_capability', host.memory.range(pointer, length), NOTHING)
    },
  },
  {
    name: 'withdraw_capability',
    params: [
      { name: 'name_ptr', type: 'i32' },
      { name: 'name_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'register',
    fuel: 2_000,
    waits: true,
    summary:
      'Takes a capability back that the agent has registered or offered. NOT_FOUND when it offers none of that name.',
    bind: (host) => (pointer: number, length: number) => {
      if (length >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      return host.ask('withdraw_capability', host.memory.range(pointer, length), NOTHING)
    },
  },
  {
    name: 'search_directory',
    params: [
      { name: 'filter_ptr', type: 'i32' },
      { name: 'filter_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'directory',
    fuel: 20_000,
    waits: true,
    summary:
      'Finds what agents offer now. The filter is JSON text, an object: `capability`, `ontology` and `properties` as far as they are ' +
      'wanted, each property with an equal value of the same type, and `limit`, the most that is answered. Answers the length of ' +
      'a JSON text to be taken by `take_result`: `offers`, each with `agent`, `capability`, `properties` and, where it has one, ' +
      '`ontology`, and `more`, whether there are more. What the grant does not name is not found; a filter that names it is DENIED.',
    bind: (host) => (pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.ask('search_directory', host.memory.range(pointer, length), NOTHING)
    },
  },
  {
    name: 'watch_directory',
    params: [
      { name: 'id', type: 'i32' },
      { name: 'filter_ptr', type: 'i32' },
      { name: 'filter_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'directory',
    fuel: 5_000,
    waits: true,
    summary:
      'Has the agent told of changes in what `search_directory` would find with this filter (without `limit`), under a number of its ' +
      'own; a watch of that number ends. They come as messages: an `inform` of `caxton` with the ontology `caxton-directory`, whose ' +
      'content is `watch`, the number; `changes`, each with `agent`, `capability` and `offered`, and with `properties` and ' +
      '`ontology` when it is true, or `cause` when it is not: `withdrawn`, `lapsed`, `ended` or `changed`; and `missed`, true when ' +
      'there were others, too, and only a search tells how things are. The next message comes when the last one has been handled, ' +
      'and tells of each offer once. Answers OK, DENIED, INVALID, TOO_LARGE, LIMIT for too many.',
    bind: (host) => (id: number, pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.ask('watch_directory', host.memory.range(pointer, length), TEXT.encode(String(id >>> 0)))
    },
  },
  {
    name: 'unwatch_directory',
    params: [{ name: 'id', type: 'i32' }],
    result: 'i32',
    grant: 'directory',
    fuel: 2_000,
    waits: true,
    summary: 'Ends a watch. What is under way still comes. NOT_FOUND when there is none of that number.',
    bind: (host) => (id: number) => host.ask('unwatch_directory', NOTHING, TEXT.encode(String(id >>> 0))),
  },
]
