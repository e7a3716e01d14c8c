/*
 * Hostile: looks for files of the host, for what lies above its folder, for folders that were left open and for the
 * environment, through the C library and around it. There is nothing. It logs what it was told and refuses to work.
 */
#include <caxton.h>
#include <errno.h>
#include <fcntl.h>
#include <wasi/api.h>

extern char **environ;

int caxton_init(void) {
  return caxton_register("count");
}

static void tell(const char *what, int errnum) {
  const char *answer = errnum == 0 ? "FOUND" : strerror(errnum);
  caxton_log_format(errnum == 0 ? CAXTON_ERROR : CAXTON_INFO, "%s: %s (errno %d)", what, answer, errnum);
}

static void try_file(const char *path) {
  tell(path, open(path, O_RDONLY) >= 0 ? 0 : errno);
}

/* Opens a path below each descriptor that a program could have been left, without the C library's own checks. */
static void try_descriptors(const char *path) {
  int best = EBADF;
  for (__wasi_fd_t fd = 0; fd < 16; fd++) {
    __wasi_fd_t opened;
    __wasi_errno_t error = __wasi_path_open(fd, 0, path, 0, __WASI_RIGHTS_FD_READ, 0, 0, &opened);
    if (error != __WASI_ERRNO_BADF) best = error;
    if (error == 0) break;
  }
  tell(path, best);
}

static void try_preopened(void) {
  int found = EBADF;
  for (__wasi_fd_t fd = 3; fd < 64; fd++) {
    __wasi_prestat_t folder;
    if (__wasi_fd_prestat_get(fd, &folder) == 0) found = 0;
  }
  tell("a folder that was left open", found);
}

static void try_environment(void) {
  size_t count = 0, bytes = 0;
  if (__wasi_environ_sizes_get(&count, &bytes) != 0) count = 0;
  tell("the environment", count > 0 || (environ != NULL && environ[0] != NULL) || getenv("PATH") != NULL ? 0 : ENOENT);
}

int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_CFP)) return CAXTON_NOT_UNDERSTOOD;
  try_file("/etc/passwd");
  try_file("README.md");
  try_file("..");
  try_descriptors("../../../../etc/passwd");
  try_preopened();
  try_environment();
  return caxton_reply(message, CAXTON_ACT_REFUSE, caxton_text_of("\"nothing here to look at\""));
}
