/* Answers every line with a line. */
#include <stdio.h>

static char line[4096];

int main(void) {
  setvbuf(stdin, NULL, _IOFBF, 4096);
  while (fgets(line, sizeof line, stdin)) {
    fputs("{\"performative\":\"inform\",\"receiver\":\"sink\",\"content\":1}\n", stdout);
    fflush(stdout);
  }
  return 0;
}
