#include <caxton.h>

// Answers every request with nothing: whoever asked knows by then that the request was handled, and kept where it must not be lost.

int caxton_handle(const caxton_message *message) {
  return caxton_reply(message, CAXTON_ACT_INFORM, (caxton_text){NULL, 0});
}
