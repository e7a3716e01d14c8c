#define CAXTON_DRAFT_BYTES 131072
#include <caxton.h>

// Answers every request with its content.

int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) return CAXTON_NOT_UNDERSTOOD;
  return caxton_reply(message, CAXTON_ACT_INFORM, message->content);
}
