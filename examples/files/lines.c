/* Counts the lines of a file, writes down how many there were, and tells what becomes of a path that leads out. */
#include <caxton.h>
#include <stdio.h>
#include <string.h>

/* Puts the place of the named file into `path`. The content is a JSON string; letters, digits and dots are taken. */
static int path_of(const caxton_message *message, char *path, size_t room) {
  const char *text = message->content.at;
  size_t length = message->content.length;
  if (length < 3 || text[0] != '"' || length >= room) return 0;
  for (size_t i = 1; i < length - 1; i++) {
    char c = text[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.')) return 0;
  }
  snprintf(path, room, "/data/%.*s", (int)(length - 2), text + 1);
  return 1;
}

static int count_lines(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  int lines = 0;
  for (int c = fgetc(file); c != EOF; c = fgetc(file)) lines += c == '\n';
  fclose(file);
  return lines;
}

static int reply(const caxton_message *message, const char *performative, const char *content) {
  return caxton_reply(message, performative, caxton_text_of(content));
}

int caxton_handle(const caxton_message *message) {
  char path[128];
  if (!caxton_is(message, CAXTON_ACT_REQUEST) || !path_of(message, path, sizeof path)) return CAXTON_NOT_UNDERSTOOD;
  int lines = count_lines(path);
  FILE *report = fopen("/out/report.txt", "a");
  if (lines < 0 || report == NULL) return reply(message, CAXTON_ACT_FAILURE, "\"no such file\"");
  fprintf(report, "%s: %d lines\n", path, lines);
  fclose(report);

  /* None of these is there for the program, whatever lies on the machine. */
  int outside = fopen("/data/../caxton.toml", "r") != NULL || fopen("/etc/passwd", "r") != NULL;
  int changed = fopen(path, "r+") != NULL && remove(path) == 0;

  char content[128];
  snprintf(content, sizeof content, "{\"lines\":%d,\"outside\":%s,\"changed\":%s}", lines, outside ? "true" : "false",
           changed ? "true" : "false");
  return reply(message, CAXTON_ACT_INFORM, content);
}
