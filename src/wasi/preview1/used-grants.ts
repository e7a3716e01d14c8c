import type { GrantName } from '../../capability/index.ts'

/** The grant behind each function of WASI that answers less without it: nothing, a fixed clock, the same numbers each time. */
export const USED_GRANTS: ReadonlyMap<string, GrantName> = new Map<string, GrantName>([
  ['clock_res_get', 'clock'],
  ['clock_time_get', 'clock'],
  ['poll_oneoff', 'clock'],
  ['random_get', 'random'],
  ['environ_get', 'env'],
  ['environ_sizes_get', 'env'],
  ['fd_write', 'log'],
  ['fd_prestat_get', 'files'],
  ['fd_prestat_dir_name', 'files'],
  ['fd_readdir', 'files'],
  ['path_create_directory', 'files'],
  ['path_filestat_get', 'files'],
  ['path_filestat_set_times', 'files'],
  ['path_link', 'files'],
  ['path_open', 'files'],
  ['path_readlink', 'files'],
  ['path_remove_directory', 'files'],
  ['path_rename', 'files'],
  ['path_symlink', 'files'],
  ['path_unlink_file', 'files'],
])
