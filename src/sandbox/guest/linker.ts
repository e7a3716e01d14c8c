import type { Grants, HostFunction, HostModule } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { FunctionImport } from '../imports.ts'
import { checkImport, findFunction } from '../imports.ts'
import type { Meter } from './meter.ts'

/** A host module with what its functions act on for one agent. */
export interface BoundModule {
  readonly module: HostModule<unknown>
  readonly host: unknown
}

type AnyCall = (...args: unknown[]) => number | bigint | undefined

/**
 * Makes the import object of one guest: exactly the functions that its module names, each compared with its descriptor.
 * Tables have no prototype, so that a guest cannot link `constructor` or `__proto__` to what JavaScript puts there.
 *
 * @throws CaxtonError what `checkImport` finds first
 */
export function linkImports(
  imports: readonly FunctionImport[],
  bound: readonly BoundModule[],
  grants: Grants,
  meter: Meter,
): WebAssembly.Imports {
  const modules = bound.map(({ module }) => module)
  const tables: WebAssembly.Imports = Object.create(null)
  for (const wanted of imports) {
    const problem = checkImport(wanted, modules, grants)
    if (problem !== null) throw CaxtonError.fromData(problem)
    const owner = bound.find(({ module }) => findFunction(wanted, [module]) !== undefined)!
    const offered = findFunction(wanted, [owner.module])!
    tables[wanted.module] ??= Object.create(null) as Record<string, unknown>
    tables[wanted.module]![wanted.name] = createHostCall(offered, owner, meter)
  }
  return tables
}

/**
 * Makes the function behind one import. It takes as many arguments as any descriptor has instead of a rest parameter:
 * a host call allocates nothing here.
 */
function createHostCall(offered: HostFunction<unknown>, { module, host }: BoundModule, meter: Meter): AnyCall {
  const call = offered.bind(host) as AnyCall
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
