/**
 * Why an operation on files failed, by the names of POSIX. Each ABI has its own numbers for them.
 *
 * Problems are values, not exceptions: a guest that asks for what is not there, in a loop, costs the host no stack traces.
 */
export type FileProblem =
  | 'ACCES'
  | 'BADF'
  | 'BUSY'
  | 'EXIST'
  | 'FBIG'
  | 'ILSEQ'
  | 'INVAL'
  | 'IO'
  | 'ISDIR'
  | 'LOOP'
  | 'MLINK'
  | 'NAMETOOLONG'
  | 'NFILE'
  | 'NOENT'
  | 'NOMEM'
  | 'NOSPC'
  | 'NOTCAPABLE'
  | 'NOTDIR'
  | 'NOTEMPTY'
  | 'NOTSUP'
  | 'OVERFLOW'
  | 'PERM'
  | 'ROFS'
  | 'STALE'
  | 'TXTBSY'
  | 'XDEV'

/** Tells a problem from what an operation answers when it worked: nothing that works is a text. */
export function isProblem<T>(answer: T | FileProblem): answer is FileProblem {
  return typeof answer === 'string'
}
