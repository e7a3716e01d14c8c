/*
 * Work on files, the same for every host. `run` is called directly by hosts that only offer WASI; behind the caxton door the
 * digit in the content of a message says which work.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[65536];
static char message[65536];

static int write_all(const char *path, int piece, int count) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return -1;
  for (int i = 0; i < count; i++) {
    if (write(fd, buffer, piece) != piece) return -2;
  }
  return close(fd);
}

static int read_all(const char *path, int piece, int count) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  for (int i = 0; i < count; i++) {
    if (read(fd, buffer, piece) != piece) return -2;
  }
  return close(fd);
}

static int many_files(int count) {
  char path[32];
  struct stat found;
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "/small-%d", i % 50);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, buffer, 100) != 100 || close(fd) != 0) return -1;
    if (stat(path, &found) != 0 || found.st_size != 100) return -2;
    if (unlink(path) != 0) return -3;
  }
  return 0;
}

__attribute__((export_name("run"))) int run(int work) {
  switch (work) {
  case 0: return write_all("/large", 65536, 128);
  case 1: return read_all("/large", 65536, 128);
  case 2: return write_all("/pieces", 512, 2048);
  case 3: return read_all("/pieces", 512, 2048);
  case 4: return many_files(300);
  default: return -9;
  }
}

__attribute__((export_name("caxton_alloc"))) char *caxton_alloc(int length) {
  return length <= (int)sizeof message ? message : 0;
}

__attribute__((export_name("handle_message"))) int handle_message(const char *text, int length) {
  static const char key[] = "\"content\":";
  for (int i = 0; i + (int)sizeof key <= length; i++) {
    int j = 0;
    while (j < (int)sizeof key - 1 && text[i + j] == key[j]) j++;
    if (j == (int)sizeof key - 1) return run(text[i + j] - '0');
  }
  return -8;
}
