/*
 * Hostile: sends a million messages to whoever calls. Soon it is told MAILBOX_FULL, because too many of its messages wait;
 * it goes on, and is ended with ERR_LIMIT_MESSAGES.
 */
#include <caxton.h>

int caxton_init(void) {
  return caxton_register("count");
}

int caxton_handle(const caxton_message *message) {
  bool full = false;
  for (int i = 0; i < 1000000; i++) {
    caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
    caxton_write_key(draft, "content");
    caxton_write_integer(draft, i);
    if (caxton_send(draft) != CAXTON_MAILBOX_FULL || full) continue;
    caxton_log_line(CAXTON_WARN, "told that too many messages wait; going on");
    full = true;
  }
  return CAXTON_OK;
}
