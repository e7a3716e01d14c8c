/** What a guest may touch: grants, host functions as data, checked guest memory. */
export * from './caxton-abi.ts'
export * from './grants.ts'
export * from './guest-memory.ts'
export * from './host-function.ts'
export * from './status.ts'
export * from './store-functions.ts'
export * from './timer-functions.ts'
