import type { Grants, HostFunction, HostModule } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { FunctionImport } from '../imports.ts'
import { checkGranted, checkOffered, findFunction } from '../imports.ts'
import type { Meter } from './meter.ts'
import type { WaitCalls, WaitingCall } from './wait-calls.ts'
import type { WaitGate } from './wait-gate.ts'

/** A host module with what its functions act on for one agent. */
export interface BoundModule {
  readonly module: HostModule<unknown>
  /** What its functions act on; asked for when one of them is linked. */
  host(): unknown
}

/** What a guest that can be suspended is linked with besides. */
export interface Waiting {
  readonly gate: WaitGate
  readonly calls: WaitCalls
}

type AnyCall = (...args: unknown[]) => number | bigint | undefined

/**
 * Makes the import object of one guest: exactly the functions that its module names, each compared with its descriptor.
 * Tables have no prototype, so that a guest cannot link `constructor` or `__proto__` to what JavaScript puts there.
 *
 * @param waiting null for a guest that cannot be suspended: host calls that would wait answer what they refuse with
 * @throws CaxtonError what `checkImport` finds first
 */
export function linkImports(
  imports: readonly FunctionImport[],
  bound: readonly BoundModule[],
  grants: Grants,
  meter: Meter,
  waiting: Waiting | null,
): WebAssembly.Imports {
  const tables: WebAssembly.Imports = Object.create(null)
  for (const { wanted, offered, owner: index } of planLinks(imports, bound)) {
    const owner = bound[index]!
    const refused = checkGranted(wanted, offered, grants)
    if (refused !== null) throw CaxtonError.fromData(refused)
    tables[wanted.module] ??= Object.create(null) as Record<string, unknown>
    tables[wanted.module]![wanted.name] =
      offered.waits === true && waiting !== null
        ? createWaitingCall(offered, owner, waiting, meter)
        : createHostCall(offered, owner, meter)
  }
  return tables
}

/** One import with the function behind it; `owner` is the place of its module among those that are offered. */
interface Link {
  readonly wanted: FunctionImport
  readonly offered: HostFunction<unknown>
  readonly owner: number
}

interface Plan {
  readonly modules: readonly HostModule<unknown>[]
  readonly links: readonly Link[]
}

/** Imports of one module that are compared with what is offered once, for all agents of it. */
const PLANS = new WeakMap<readonly FunctionImport[], Plan>()

/** Finds what every agent of a module is linked with. @throws CaxtonError for an import that nobody could have */
function planLinks(imports: readonly FunctionImport[], bound: readonly BoundModule[]): readonly Link[] {
  const known = PLANS.get(imports)
  if (known?.modules.every((module, index) => module === bound[index]?.module)) return known.links
  const modules = bound.map(({ module }) => module)
  const links = imports.map((wanted) => {
    const offered = findFunction(wanted, modules)
    const problem = checkOffered(wanted, modules)
    if (offered === undefined || problem !== null) throw CaxtonError.fromData(problem!)
    return { wanted, offered, owner: modules.findIndex((module) => findFunction(wanted, [module]) !== undefined) }
  })
  PLANS.set(imports, { modules, links })
  return links
}

function createWaitingCall(
  offered: HostFunction<unknown>,
  { module, host }: BoundModule,
  { gate, calls }: Waiting,
  meter: Meter,
): WebAssembly.ImportValue {
  const { index, call } = gate.entry(offered)
  const bound = offered.bind(host()) as WaitingCall['call']
  const count = meter.countOf(offered.name)
  calls.bind(index, { call: bound, cost: BigInt(offered.fuel), count, fault: module.fault })
  return call as WebAssembly.ImportValue
}

/**
 * Makes the function behind one import. It takes as many arguments as any descriptor has instead of a rest parameter:
 * a host call allocates nothing here.
 */
function createHostCall(offered: HostFunction<unknown>, { module, host }: BoundModule, meter: Meter): AnyCall {
  const call = (offered.waits === true ? refuseWaits(offered, host()) : offered.bind(host())) as AnyCall
  const cost = BigInt(offered.fuel)
  const count = meter.countOf(offered.name)
  const fault = offered.result === null ? undefined : offered.result === 'i64' ? BigInt(module.fault) : module.fault
  return (a, b, c, d, e, f, g, h, i) => {
    meter.enter(cost, count)
    try {
      return call(a, b, c, d, e, f, g, h, i)
    } catch (thrown) {
      return meter.escape(thrown, fault)
    }
  }
}

/** Binds a host call that may wait for a guest that cannot. */
function refuseWaits(offered: HostFunction<unknown>, host: unknown): AnyCall {
  const call = offered.bind(host) as WaitingCall['call']
  return (...args) => {
    const answer = call(...args)
    return typeof answer === 'number' ? answer : answer.refused
  }
}
