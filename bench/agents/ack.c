#include <caxton_abi.h>
#include <string.h>

// Answers every request with nothing, and reads no more of it than what the answer has to name: a turn of it costs as little as one of
// the agents beside it, which by fair shares decides when it is taken.

#define NEEDLE "_with\":\""
#define HEAD "{\"performative\":\"inform\",\"receiver\":\"user\",\"in_reply_to\":\""

static char inbox[131072];

CAXTON_EXPORT(caxton_alloc) void *caxton_alloc(size_t length) {
  return length > sizeof inbox ? NULL : inbox;
}

CAXTON_EXPORT(handle_message) int handle_message(const char *text, size_t length) {
  static char answer[512] = HEAD;
  char *out = answer + sizeof HEAD - 1;
  const char *end = text + length, *at = text;
  while (at + sizeof NEEDLE < end && (*at != NEEDLE[0] || memcmp(at, NEEDLE, sizeof NEEDLE - 1) != 0)) at++;
  for (at += sizeof NEEDLE - 1; at < end && *at != '"' && out < answer + sizeof answer - 3; at++) *out++ = *at;
  *out++ = '"';
  *out++ = '}';
  return caxton_send_message(answer, (size_t)(out - answer));
}
