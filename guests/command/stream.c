// A WASI command that reads, writes, waits and ends as its first argument says, in the measure of its second.
// Build: npx yowasp-clang --target=wasm32-wasip1 -O2 -g0 -o stream.wasm stream.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Answers each line at once. */
static int answer(void) {
  char line[256];
  while (fgets(line, sizeof line, stdin)) {
    printf("got %s", line);
    fflush(stdout);
  }
  return 0;
}

/** Writes so many mebibytes, each byte told by where it stands. */
static int pour(long mebibytes) {
  static unsigned char block[65536];
  for (long at = 0; at < mebibytes * 16; at++) {
    for (int i = 0; i < 65536; i++) block[i] = (unsigned char)(at + i);
    if (fwrite(block, 1, sizeof block, stdout) != sizeof block) return 1;
  }
  return 0;
}

static volatile long depth;

static __attribute__((noinline)) void deep(long left) {
  if (left == 0) __builtin_trap();
  deep(left - 1);
  depth += 1;
}

static int keep(const char *path) {
  FILE *file = fopen(path, "a");
  if (file == NULL) return 2;
  fputs("kept\n", file);
  return fclose(file) == 0 ? 0 : 3;
}

static int show(const char *path) {
  char line[256];
  FILE *file = fopen(path, "r");
  if (file == NULL) return 2;
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "answer";
  const char *much = argc > 2 ? argv[2] : "0";
  if (strcmp(what, "answer") == 0) return answer();
  if (strcmp(what, "pour") == 0) return pour(atol(much));
  if (strcmp(what, "sleep") == 0) return usleep((unsigned)atol(much) * 1000);
  if (strcmp(what, "trap") == 0) deep(atol(much));
  if (strcmp(what, "keep") == 0) return keep(much);
  if (strcmp(what, "show") == 0) return show(much);
  if (strcmp(what, "exit") == 0) exit(atoi(much));
  return 64;
}
