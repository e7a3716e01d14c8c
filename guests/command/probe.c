// A WASI command that shows what it was given and ends as its first argument says.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  char line[256];
  printf("args:");
  for (int i = 1; i < argc; i++) printf(" [%s]", argv[i]);
  printf("\nLANG=%s HOME=%s\n", getenv("LANG") ? getenv("LANG") : "(none)", getenv("HOME") ? getenv("HOME") : "(none)");
  while (fgets(line, sizeof line, stdin)) printf("read: %s", line);
  fputc(0xff, stdout);
  fprintf(stderr, "no newline at the end");
  if (argc > 1 && strcmp(argv[1], "loop") == 0) for (volatile int i = 0;; i++) {}
  if (argc > 1 && strcmp(argv[1], "trap") == 0) __builtin_trap();
  return argc > 1 ? atoi(argv[1]) : 0;
}
