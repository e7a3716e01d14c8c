// An agent without any SDK: a WASI command that reads a message a line and writes one a line.
#include <stdio.h>
#include <string.h>

static char line[65536];

/** Prints a field of the message that was read under another name, if it is there: `,"in_reply_to":"…"`. Its text has no quotes in it. */
static void copy(const char *field, const char *as) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":\"", field);
  const char *start = strstr(line, key);
  if (start == NULL) return;
  start += strlen(key);
  printf(",\"%s\":\"%.*s\"", as, (int)strcspn(start, "\""), start);
}

int main(void) {
  while (fgets(line, sizeof line, stdin)) {
    printf("{\"performative\":\"inform\",\"content\":\"%d bytes\"", (int)strlen(line));
    copy("sender", "receiver");
    copy("reply_with", "in_reply_to");
    printf("}\n");
    fflush(stdout);
  }
  return 0;
}
