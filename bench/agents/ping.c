#include <caxton.h>

// On a request from the user with the number of rounds: that many times asks `pong` and waits for its answer, then tells the user.

static int64_t rounds;
static char reply_with[128];

static int ask(void) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_REQUEST, "pong");
  caxton_write_key(draft, "reply_with");
  caxton_write_string(draft, "p", 1);
  return caxton_send(draft);
}

static int tell_user(void) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "in_reply_to");
  caxton_write_string(draft, reply_with, strlen(reply_with));
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_REQUEST)) {
    rounds = caxton_json_integer(message->content, 0);
    long length = caxton_json_string(message->reply_with, reply_with, sizeof reply_with - 1);
    if (length < 0 || length >= (long)sizeof reply_with) return 2;
    reply_with[length] = 0;
    return ask();
  }
  return --rounds > 0 ? ask() : tell_user();
}
