#include <caxton.h>

/* Publishes as often as it is asked to, and answers when it has. */
int caxton_handle(const caxton_message *message) {
  static char content[1 << 16];
  int64_t bytes = caxton_config_integer("bytes", 100);
  content[0] = '"';
  memset(content + 1, 'x', (size_t)bytes - 2);
  content[bytes - 1] = '"';
  int64_t count = caxton_json_integer(message->content, 1);
  for (int64_t left = count; left > 0; left--) {
    if (caxton_publish_json("bench.feed", (caxton_text){content, (size_t)bytes}, 0) != CAXTON_OK) return 2;
  }
  return caxton_reply(message, CAXTON_ACT_INFORM, message->content) == CAXTON_OK ? CAXTON_OK : 3;
}
